/** Times and durations as lines tell them. What a second has in common is written once. */

const THREE: readonly string[] = Array.from({ length: 1000 }, (_, i) => String(i).padStart(3, '0'))
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

let isoSecond = Number.NaN
let iso = ''
let localSecond = Number.NaN
let local = ''

/** `2026-02-03T04:05:06.789Z` (RFC 3339). @param time In milliseconds since 1970. */
export function isoTime(time: number): string {
  const second = Math.floor(time / 1000)
  if (second !== isoSecond) {
    isoSecond = second
    iso = new Date(second * 1000).toISOString().slice(0, 20)
  }
  return `${iso}${THREE[Math.floor(time) - second * 1000]}Z`
}

/** `03/Feb/2026:04:05:06 +0000` in the time zone of the process, as NCSA's httpd wrote it. */
export function localTime(time: number): string {
  const second = Math.floor(time / 1000)
  if (second !== localSecond) {
    localSecond = second
    local = localText(new Date(second * 1000))
  }
  return local
}

function localText(date: Date): string {
  const east = -date.getTimezoneOffset()
  const zone = `${east < 0 ? '-' : '+'}${two(Math.floor(Math.abs(east) / 60))}${two(Math.abs(east) % 60)}`
  const day = `${two(date.getDate())}/${MONTHS[date.getMonth()]}/${date.getFullYear()}`
  return `${day}:${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())} ${zone}`
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}

/** Milliseconds to the microsecond: `0.042`, `12.5` as `12.500`, `7` as `7.000`. Of whole numbers, which is quicker. */
export function milliseconds(value: number): string {
  const microseconds = Math.round(value * 1000)
  const whole = Math.floor(microseconds / 1000)
  return `${whole}.${THREE[microseconds - whole * 1000]}`
}
