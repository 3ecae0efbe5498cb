/**
 * A text that is the same for most lines: the last one is kept, and used again as long as what it was made of is the same.
 * @param make Makes it of so many values; those that it does not take are not given.
 */
export function usual<Values extends Five>(make: (...values: Values) => string): (...values: Values) => string
export function usual(make: (...values: Five) => string): (...values: Five) => string {
  let a: Value
  let b: Value
  let c: Value
  let d: Value
  let e: Value
  let text = ''
  let used = 0
  return (v, w, x, y, z) => {
    if (used > 0 && v === a && w === b && x === c && y === d && z === e) {
      if (++used === 2) text = inOnePiece(text)
      return text
    }
    a = v
    b = w
    c = x
    d = y
    e = z
    used = 1
    text = make(v, w, x, y, z)
    return text
  }
}

type Value = string | number | undefined
type Five = [Value?, Value?, Value?, Value?, Value?]

/** Engines keep a text that was put together in its pieces, and copy them one by one each time that it is used. */
function inOnePiece(text: string): string {
  return Buffer.from(text).toString()
}
