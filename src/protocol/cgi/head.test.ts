import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CgiFault, CgiHeadReader, MAX_HEAD } from './head.ts'

/** Status, reason, fields, dropped lines and the content behind the head, of an output that comes in such pieces. */
function read(output: string, size: number = output.length): unknown[] {
  const bytes = Buffer.from(output, 'latin1')
  const reader = new CgiHeadReader()
  for (let at = 0; at < bytes.byteLength; at += size) {
    const piece = bytes.subarray(at, at + size)
    const behind = reader.take(piece)
    if (behind < 0) continue
    const { status, statusText, headers, dropped } = reader.parse()
    const content = bytes.subarray(at + behind).toString('latin1')
    return [status, statusText, [...headers.raw()].map(([n, v]) => `${n}: ${v}`), dropped.length, content]
  }
  return []
}

for (const [what, output, expected] of [
  ['LF', 'Content-Type: text/plain\n\nbody', [undefined, '', ['Content-Type: text/plain'], 0, 'body']],
  ['CR LF', 'A: b\r\nC: d\r\n\r\nbody\r\n\r\n', [undefined, '', ['A: b', 'C: d'], 0, 'body\r\n\r\n']],
  ['both mixed', 'A: b\r\nC: d\n\r\nx', [undefined, '', ['A: b', 'C: d'], 0, 'x']],
  ['a status with its reason', 'Status: 404 Not Here\nA: b\n\n', [404, 'Not Here', ['A: b'], 0, '']],
  ['a status alone, in another case', 'STATUS:418\n\n', [418, '', [], 0, '']],
  [
    'an informational status',
    'Status: 103\nLink: </a>\n\nStatus: 200\n\n',
    [103, '', ['Link: </a>'], 0, 'Status: 200\n\n'],
  ],
  ['two statuses: the first', 'Status: 201\nStatus: 404\n\n', [201, '', [], 0, '']],
  ['an nph head', 'HTTP/1.0 403 No way\r\nA: b\r\n\r\nx', [403, 'No way', ['A: b'], 0, 'x']],
  [
    'repeated fields',
    'Set-Cookie: a=1\nSet-Cookie: b=2\n\n',
    [undefined, '', ['Set-Cookie: a=1', 'Set-Cookie: b=2'], 0, ''],
  ],
  ['a name that none can have', '<!--: spam\nA: b\n\nx', [undefined, '', ['A: b'], 1, 'x']],
  ['no content', 'A: b\n\n', [undefined, '', ['A: b'], 0, '']],
  ['bytes above 127', 'A: \xe9\xff\n\n\xe9', [undefined, '', ['A: \xe9\xff'], 0, '\xe9']],
  ['a blank line in the content', 'A:b\n\n\n\n', [undefined, '', ['A: b'], 0, '\n\n']],
] as const) {
  test(`the head of a program's answer, in pieces of any size: ${what} (RFC 3875 §6.3)`, () => {
    for (let size = 1; size <= output.length; size++) assert.deepEqual(read(output, size), expected, `${size}`)
  })
}

for (const [what, output] of [
  ['a line without a colon', 'A: b\nthis is bad\n\n'],
  ['nothing but a blank line', '\nbody'],
  ['a status that is no number', 'Status: fine\n\n'],
  ['status 99', 'Status: 99\n\n'],
  ['status 600', 'Status: 600\n\n'],
  ['status 101', 'Status: 101 Switching Protocols\n\n'],
  ['a status of four digits', 'Status: 2000\n\n'],
  ['a lone CR in a value', 'A: b\rSet-Cookie: x\n\n'],
  ['NUL in a value', 'A: \0\n\n'],
  ['a control character in the reason', 'Status: 200 \x07\n\n'],
  ['a line that goes on', 'A: b\n folded\n\n'],
  ['names only that none can have', 'Bad Name: x\n\n'],
] as const) {
  test(`what is no head is a fault: ${what}`, () => assert.throws(() => read(output), CgiFault))
}

test('a head is limited, however it comes', () => {
  assert.equal(read(`A: ${'x'.repeat(MAX_HEAD - 10)}\n\n`).length, 5)
  for (const size of [1000, MAX_HEAD * 2]) assert.throws(() => read(`A: ${'x'.repeat(MAX_HEAD)}\n\n`, size), CgiFault)
})

test('no output makes the reader throw anything but a CgiFault, and pieces make no difference', () => {
  const pieces = fc.array(fc.constantFrom('A', ':', ' ', '\r', '\n', 'Status', '200', 'HTTP/1.1 ', '\0', 'é'))
  fc.assert(
    fc.property(pieces, fc.integer({ min: 1, max: 5 }), (parts, size) => {
      const output = parts.join('')
      const outcome = (piece: number): unknown => {
        try {
          return read(output, piece)
        } catch (error) {
          assert.ok(error instanceof CgiFault)
          return 'fault'
        }
      }
      assert.deepEqual(outcome(size), outcome(output.length || 1))
    }),
  )
})
