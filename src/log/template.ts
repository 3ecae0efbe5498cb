import type { Redaction } from './redaction.ts'
import type { Line } from './sink.ts'
import { NAMED, type Named } from './template-names.ts'
import { ValueText } from './template-text.ts'

/** The Common Log Format of NCSA's httpd, and what Apache adds to it as `combined`. */
export const COMMON = '{remoteIp} - {user} [{localTime}] "{method} {uri} {protocol}" {status} {contentLength}'
export const COMBINED: string = `${COMMON} "{referrer}" "{agent}"`

/** A name in braces, or a brace that stands for itself as two. */
const PART = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g

/**
 * The lines that a template describes: `{name}` for what a record tells, `{>name}` for a field of the request,
 * `{<name}` for one of the answer, `{{` and `}}` for braces.
 * @throws TypeError for a name that nobody knows, and where one value could not be told from the next.
 */
export function templateLine(template: string, redaction: Redaction): Line {
  if (/[\0-\x1f\x7f]/.test(template)) throw new TypeError('the template has a control character: a record is one line')
  const parts: { before: string; value: Line }[] = []
  let before = ''
  let quoted = false
  let at = 0
  for (const m of template.matchAll(PART)) {
    before += template.slice(at, m.index)
    at = m.index + m[0].length
    const name = m[1]
    if (name === undefined) {
      if (m[0].length === 1) throw new TypeError(`the template has a lone ${m[0]}: write ${m[0]}${m[0]} for one brace`)
      before += m[0][0]
      continue
    }
    if ((before.split('"').length - 1) % 2 === 1) quoted = !quoted
    const rest = template.slice(at)
    parts.push({ before, value: valueIn(name, endOf(name, rest), quoted, redaction) })
    before = ''
  }
  const after = before + template.slice(at)
  return (record) => {
    let line = ''
    for (const part of parts) line += part.before + part.value(record)
    return line + after
  }
}

/** The character that ends a value. */
function endOf(name: string, rest: string): string {
  const end = rest.charAt(0)
  const numeric = NAMED.get(name)?.numeric === true
  if ((end === '{' && !rest.startsWith('{{')) || (numeric ? /[\d.]/ : /[\dA-Fx\\]/).test(end)) {
    throw new TypeError(`the template needs a space or a sign behind {${name}}: else nobody can tell where it ends`)
  }
  return end
}

function valueIn(name: string, end: string, quoted: boolean, redaction: Redaction): Line {
  const text = new ValueText(end, quoted)
  const field = /^([<>])([!#$%&'*+\-.^_`|~0-9A-Za-z]+)$/.exec(name)
  if (field !== null) {
    const wanted = (field[2] as string).toLowerCase()
    return field[1] === '>'
      ? (record) => text.of(redaction.field(wanted, record.requestField(wanted)), true)
      : (record) => text.of(redaction.field(wanted, record.responseField(wanted)), true)
  }
  const named: Named | undefined = NAMED.get(name)
  if (named === undefined)
    throw new TypeError(`the template has {${name}}: expected ${[...NAMED.keys()].join(', ')}, >field or <field`)
  const { of, numeric = false, bytes = false } = named
  if (numeric) return (record) => of(record, redaction) ?? '-'
  return (record) => text.of(of(record, redaction), bytes)
}
