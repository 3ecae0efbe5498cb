import assert from 'node:assert/strict'

export interface RangePart {
  readonly headers: Readonly<Record<string, string>>
  readonly content: Uint8Array
}

/** Takes a multipart/byteranges content apart (RFC 9110 §14.6, RFC 2046 §5.1), strictly. */
export function multipartRanges(type: string, bytes: Buffer): RangePart[] {
  const boundary = /^multipart\/byteranges; boundary=([\w-]+)$/.exec(type)?.[1]
  assert.ok(boundary !== undefined, type)
  const text = bytes.toString('latin1')
  const open = `--${boundary}\r\n`
  const close = `\r\n--${boundary}--\r\n`
  assert.ok(text.startsWith(open) && text.endsWith(close))
  return text
    .slice(open.length, -close.length)
    .split(`\r\n${open}`)
    .map((part) => {
      const end = part.indexOf('\r\n\r\n')
      const lines = part.slice(0, end).split('\r\n')
      const headers = Object.fromEntries(
        lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
      )
      return { headers, content: Buffer.from(part.slice(end + 4), 'latin1') }
    })
}
