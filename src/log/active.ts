/**
 * What a terminal, a viewer or a reader of lines might act on beside the controls below space: DEL and the C1 controls, line and
 * paragraph separator, and what is invisible or changes the direction of a text (bidi controls, tags).
 */
const ACTIVE =
  /[\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udc7f]/g
const CONTROLS = /[\0-\x08\x0a-\x1f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g
const VISIBLE = /^[\x20-\x7e]*$/

/** The text with all of that as `\uHHHH`, as JSON has it. Controls below space are left alone. */
export function inert(text: string): string {
  return VISIBLE.test(text) ? text : text.replace(ACTIVE, spelled)
}

/** What a program's own format gave, on one line and without anything that a terminal acts on. */
export function oneLine(text: string): string {
  const line = text.replace(/\r?\n$/, '')
  return VISIBLE.test(line) ? line : inert(line).replace(CONTROLS, spelled)
}

function spelled(found: string): string {
  let text = ''
  for (let i = 0; i < found.length; i++) text += `\\u${found.charCodeAt(i).toString(16).padStart(4, '0')}`
  return text
}
