/** Reads answers as a strict client does (RFC 9112), written apart from the code under test. */

export interface ReadAnswer {
  readonly version: string
  readonly status: number
  readonly reason: string
  /** Name and value of each field line, as sent. */
  readonly fields: readonly (readonly [string, string])[]
  /** The content, one character a byte, out of its chunks. */
  readonly body: string
  /** How the end of the content was known. */
  readonly framing: 'none' | 'length' | 'chunked' | 'close'
  readonly trailers: readonly (readonly [string, string])[]
  /** The statuses of the interim answers before it. */
  readonly interim: readonly number[]
}

export interface Parsed {
  readonly answer: ReadAnswer
  /** Where the next one begins. */
  readonly end: number
}

const STATUS_LINE = /^HTTP\/(1\.[01]) ([1-5]\d\d) ([\t\x20-\x7e\x80-\xff]*)$/
const FIELD_LINE =
  /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*((?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[ \t]*$/

/**
 * Reads one answer to a request of the given method; undefined where it is not complete yet.
 * @param ended Whether the server has ended its side, so that nothing more will come.
 * @throws Error where it is no answer.
 */
export function readAnswer(text: string, at: number, method: string, ended: boolean): Parsed | undefined {
  const interim: number[] = []
  let from = at
  for (;;) {
    const headEnd = text.indexOf('\r\n\r\n', from)
    if (headEnd < 0) return undefined
    const [first = '', ...lines] = text.slice(from, headEnd).split('\r\n')
    const m = STATUS_LINE.exec(first)
    if (m === null) throw new Error(`no status line: ${JSON.stringify(first)}`)
    const fields = lines.map(fieldOf)
    const status = Number(m[2])
    const bodyAt = headEnd + 4
    if (status < 200 && status !== 101) {
      if (interim.push(status) > 1000) throw new Error('too many interim answers')
      from = bodyAt
      continue
    }
    const content = readContent(text, bodyAt, method, status, fields, ended)
    if (content === undefined) return undefined
    const { body, framing, trailers, end } = content
    return {
      answer: { version: m[1] ?? '', status, reason: m[3] ?? '', fields, body, framing, trailers, interim },
      end,
    }
  }
}

/** All answers in what a server sent; the rest that is no whole answer as `rest`. */
export function readAnswers(
  text: string,
  methods: readonly string[],
  ended: boolean,
): { readonly answers: readonly ReadAnswer[]; readonly rest: string } {
  const answers: ReadAnswer[] = []
  let at = 0
  while (at < text.length) {
    const parsed = readAnswer(text, at, methods[answers.length] ?? 'GET', ended)
    if (parsed === undefined) break
    answers.push(parsed.answer)
    at = parsed.end
  }
  return { answers, rest: text.slice(at) }
}

/** The value of a field, repeated ones joined; undefined where it is not there. */
export function fieldOfAnswer(answer: ReadAnswer, name: string): string | undefined {
  const found = answer.fields.filter(([sent]) => sent.toLowerCase() === name).map(([, value]) => value)
  return found.length === 0 ? undefined : found.join(', ')
}

interface Content {
  readonly body: string
  readonly framing: ReadAnswer['framing']
  readonly trailers: ReadAnswer['trailers']
  readonly end: number
}

function readContent(
  text: string,
  at: number,
  method: string,
  status: number,
  fields: ReadAnswer['fields'],
  ended: boolean,
): Content | undefined {
  const all = (name: string): string[] => fields.filter(([n]) => n.toLowerCase() === name).map(([, value]) => value)
  const lengths = all('content-length')
  const codings = all('transfer-encoding')
  if (lengths.length > 1 || codings.length > 1 || (lengths.length > 0 && codings.length > 0)) {
    throw new Error('the length of the answer can be read in two ways')
  }
  const none = method === 'HEAD' || status < 200 || status === 204 || status === 304
  if ((status < 200 || status === 204) && lengths.length + codings.length > 0) {
    throw new Error(`a ${status} must not tell a length (RFC 9110 §8.6, RFC 9112 §6.1)`)
  }
  if (none || (method === 'CONNECT' && status < 300)) return { body: '', framing: 'none', trailers: [], end: at }
  if (codings[0] !== undefined) {
    if (codings[0].toLowerCase() !== 'chunked') throw new Error(`a coding that was not asked for: ${codings[0]}`)
    return readChunks(text, at)
  }
  if (lengths[0] !== undefined) {
    if (!/^\d+$/.test(lengths[0])) throw new Error(`a malformed length: ${lengths[0]}`)
    const end = at + Number(lengths[0])
    return end > text.length ? undefined : { body: text.slice(at, end), framing: 'length', trailers: [], end }
  }
  return ended ? { body: text.slice(at), framing: 'close', trailers: [], end: text.length } : undefined
}

function readChunks(text: string, at: number): Content | undefined {
  let body = ''
  let i = at
  for (;;) {
    const lineEnd = text.indexOf('\r\n', i)
    if (lineEnd < 0) return undefined
    const line = text.slice(i, lineEnd)
    if (!/^[0-9a-f]+$/i.test(line)) throw new Error(`no chunk size: ${JSON.stringify(line)}`)
    const size = Number.parseInt(line, 16)
    i = lineEnd + 2
    if (size === 0) break
    if (text.length < i + size + 2) return undefined
    body += text.slice(i, i + size)
    if (text.slice(i + size, i + size + 2) !== '\r\n') throw new Error('no CRLF after a chunk')
    i += size + 2
  }
  const trailers: (readonly [string, string])[] = []
  for (;;) {
    const lineEnd = text.indexOf('\r\n', i)
    if (lineEnd < 0) return undefined
    const line = text.slice(i, lineEnd)
    i = lineEnd + 2
    if (line === '') return { body, framing: 'chunked', trailers, end: i }
    trailers.push(fieldOf(line))
  }
}

function fieldOf(line: string): readonly [string, string] {
  const m = FIELD_LINE.exec(line)
  if (m === null) throw new Error(`no field line: ${JSON.stringify(line)}`)
  return [m[1] ?? '', m[2] ?? '']
}
