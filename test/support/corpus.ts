import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface ExpectedAnswer {
  readonly status: number
  /** The whole content, one character a byte. */
  readonly text: string | undefined
  /** Fields that must be there: name, and value where it matters. */
  readonly fields: readonly (readonly [string, string | undefined])[]
}

/** One case of the corpus: see test/corpus/README.md. */
export interface CorpusCase {
  readonly name: string
  readonly why: string
  readonly clientEnds: boolean
  readonly answers: readonly ExpectedAnswer[]
  readonly then: 'open' | 'closed' | 'waits'
  /** What the client sends, one character a byte. */
  readonly bytes: string
}

/** @throws Error that names the case that is not written as it should be. */
export function readCorpus(folder: string): CorpusCase[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.txt'))
    .sort()
    .map((name) => readCase(name.slice(0, -4), readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n')))
}

function readCase(name: string, text: string): CorpusCase {
  const gap = text.indexOf('\n\n')
  const [first = '', ...lines] = text.slice(0, gap).split('\n')
  if (gap < 0 || !first.startsWith('# ')) throw new Error(`${name}: a case begins with a comment and an empty line`)
  const answers: { status: number; text: string | undefined; fields: [string, string | undefined][] }[] = []
  let clientEnds = false
  let then: string | undefined
  for (const line of lines) {
    const [, key, value = ''] = /^(\w+): (.*)$/.exec(line) ?? []
    if (key === 'client' && value === 'ends') clientEnds = true
    else if (key === 'then') then = value
    else if (key === 'answer') {
      const [, status, content] = /^(\d{3})(?: (.*))?$/.exec(value) ?? []
      answers.push({
        status: Number(status),
        text: content === undefined ? undefined : unescapeBytes(content),
        fields: [],
      })
    } else if (key === 'with' && answers.length > 0) {
      const [, field = '', wanted] = /^([^:]+)(?:: (.*))?$/.exec(value) ?? []
      answers.at(-1)?.fields.push([field.toLowerCase(), wanted])
    } else throw new Error(`${name}: what is ${JSON.stringify(line)}?`)
  }
  if (then !== 'open' && then !== 'closed' && then !== 'waits') throw new Error(`${name}: then what?`)
  const bytes = unescapeBytes(text.slice(gap + 2).replaceAll('\n', ''))
  return { name, why: first.slice(2), clientEnds, answers, then, bytes }
}

const PLAIN: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', '\\': '\\' }

function unescapeBytes(text: string): string {
  return text.replace(/\\(?:x([0-9a-f]{2})|\((\d+)\*([^)]*)\)|(.))/g, (whole, hex, times, repeated, plain) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
    if (times !== undefined) return unescapeBytes(repeated).repeat(Number(times))
    const meant = PLAIN[plain]
    if (meant === undefined) throw new Error(`what is ${JSON.stringify(whole)}?`)
    return meant
  })
}
