/** The longest name, in octets. */
const LONGEST = 255
/** Control characters end names elsewhere, and U+FFFD stands for what was no text. */
const ODD = /[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffd]/

/** Whether a text from outside can be the name of somebody, or of a group. */
export function isName(text: string): boolean {
  return text !== '' && Buffer.byteLength(text) <= LONGEST && !ODD.test(text)
}

/** The names in a list with commas. Those that are none are left out. */
export function namesOf(list: string): string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter(isName)
}
