/** Dates in fields (RFC 9110 §5.6.7). */

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const MONTH = MONTHS.join('|')
const IMF = new RegExp(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\\d\\d) (${MONTH}) (\\d{4}) (\\d\\d):(\\d\\d):(\\d\\d) GMT$`)
const RFC850 = new RegExp(
  `^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\\d\\d)-(${MONTH})-(\\d\\d) (\\d\\d):(\\d\\d):(\\d\\d) GMT$`,
)
const ASCTIME = new RegExp(
  `^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (${MONTH}) (\\d\\d| \\d) (\\d\\d):(\\d\\d):(\\d\\d) (\\d{4})$`,
)

/** The IMF-fixdate of a time in milliseconds since 1970. */
export function httpDate(time: number): string {
  return new Date(time).toUTCString()
}

/**
 * Milliseconds since 1970 of a date in any of the three forms that RFC 9110 §5.6.7 has a recipient understand, or
 * undefined for anything else. `now` decides the century of two-digit years: none lies over 50 years ahead.
 */
export function parseHttpDate(text: string, now: number = Date.now()): number | undefined {
  let m = IMF.exec(text)
  if (m !== null) return time(Number(m[3]), m[2], m[1], m[4], m[5], m[6])
  m = ASCTIME.exec(text)
  if (m !== null) return time(Number(m[6]), m[1], m[2], m[3], m[4], m[5])
  m = RFC850.exec(text)
  if (m === null) return undefined
  const thisYear = new Date(now).getUTCFullYear()
  const year = thisYear - (thisYear % 100) + Number(m[3])
  const found = time(year, m[2], m[1], m[4], m[5], m[6])
  const ahead = found !== undefined && found > new Date(now).setUTCFullYear(thisYear + 50)
  return ahead ? time(year - 100, m[2], m[1], m[4], m[5], m[6]) : found
}

function time(year: number, month: string | undefined, ...rest: (string | undefined)[]): number | undefined {
  const [day = 0, hour = 0, minute = 0, second = 0] = rest.map(Number)
  const index = MONTHS.indexOf(month ?? '')
  const value = Date.UTC(year, index, day, hour, minute, Math.min(second, 59))
  const date = new Date(value)
  // Date.UTC counts on what is too much, and takes the years 0 to 99 for 1900 to 1999.
  const real =
    date.getUTCFullYear() === year &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    second <= 60
  return real ? value : undefined
}
