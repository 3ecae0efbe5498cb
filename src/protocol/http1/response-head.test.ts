import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../../test/support/property.ts'
import { Headers } from '../../message/headers.ts'
import { OwnFields } from './own-fields.ts'
import { ownLines, renderFields, renderTrailers, statusLine, usualAnswer } from './response-head.ts'

test('fields go out in the order, the case and the number in which they were set', () => {
  const headers = new Headers([
    ['X-b', '1'],
    ['set-cookie', 'a=b'],
    ['X-A', ''],
    ['Set-Cookie', 'c=d'],
    ['Vary', 'caf\xe9'],
  ])
  assert.equal(renderFields(headers).text, 'X-b: 1\r\nset-cookie: a=b\r\nX-A: \r\nSet-Cookie: c=d\r\nVary: caf\xe9\r\n')
})

const WITHHELD = [
  'Connection',
  'Keep-Alive',
  'Proxy-Connection',
  'Transfer-Encoding',
  'TE',
  'Trailer',
  'Upgrade',
  'Content-Length',
]

for (const name of WITHHELD) {
  test(`${name} is the front door's own, in any case: neither head nor trailers have it`, () => {
    for (const cased of [name, name.toLowerCase(), name.toUpperCase()]) {
      const headers = new Headers([
        ['A', '1'],
        [cased, '5'],
        ['B', '2'],
      ])
      assert.equal(renderFields(headers).text, 'A: 1\r\nB: 2\r\n')
      assert.equal(renderTrailers(headers), 'A: 1\r\nB: 2\r\n')
    }
  })
}

test('names as long as those of the front door, or with one of them inside, go out', () => {
  const names = ['XY', 'ETag', 'X-Trace', 'X-Connect1', 'Content-Length1', 'X-Content-Type', 'X-Keep-Alive', 'Te-X']
  const headers = new Headers(names.map((name) => [name, 'v'] as const))
  const lines = names.map((name) => `${name}: v\r\n`).join('')
  assert.equal(renderFields(headers).text, lines)
  assert.equal(renderTrailers(headers), lines)
})

for (const [value, expected] of [
  ['0', 0],
  ['5', 5],
  ['999999999999999', 999999999999999],
  ['1000000000000000', undefined],
  ['-1', undefined],
  ['+1', undefined],
  ['1.5', undefined],
  ['0x10', undefined],
  ['5, 5', undefined],
  ['', undefined],
] as const) {
  test(`Content-Length: ${value} means ${expected ?? 'nothing'}`, () => {
    assert.equal(renderFields(new Headers({ 'content-length': value })).contentLength, expected)
  })
}

for (const [value, close] of [
  ['close', true],
  ['Close', true],
  ['keep-alive, close', true],
  ['close , x', true],
  ['x,\tclose', true],
  ['keep-alive', false],
  ['not-close', false],
  ['close-not', false],
  ['x close', false],
] as const) {
  test(`Connection: ${JSON.stringify(value)} of a resource ${close ? 'closes' : 'does not close'} the connection`, () => {
    assert.equal(renderFields(new Headers({ Connection: value })).close, close)
  })
}

test('one of several Connection lines is enough to close', () => {
  const headers = new Headers([
    ['Connection', 'close'],
    ['Connection', 'keep-alive'],
  ])
  assert.equal(renderFields(headers).close, true)
})

test('only the first Date goes out, and that there is one is told', () => {
  const headers = new Headers([
    ['date', 'a'],
    ['Date', 'b'],
  ])
  const rendered = renderFields(headers)
  assert.deepEqual([rendered.text, rendered.hasDate], ['date: a\r\n', true])
  assert.equal(renderFields(new Headers({ Data: 'a' })).hasDate, false)
})

test('the value of Upgrade is kept for a 101', () => {
  assert.equal(renderFields(new Headers({ Upgrade: 'websocket' })).upgrade, 'websocket')
  assert.equal(renderFields(new Headers()).upgrade, undefined)
})

test('fields are rendered once, and anew after every kind of change', () => {
  const headers = new Headers({ A: '1' })
  const first = renderFields(headers)
  assert.equal(renderFields(headers), first)
  const changes: readonly (readonly [() => void, string])[] = [
    [() => headers.append('B', '2'), 'A: 1\r\nB: 2\r\n'],
    [() => headers.set('A', '3'), 'B: 2\r\nA: 3\r\n'],
    [() => headers.delete('B'), 'A: 3\r\n'],
  ]
  for (const [change, text] of changes) {
    const before = renderFields(headers)
    change()
    assert.notEqual(renderFields(headers), before)
    assert.equal(renderFields(headers).text, text)
  }
  const copy = new Headers(headers)
  copy.set('A', '4')
  assert.equal(renderFields(headers).text, 'A: 3\r\n')
})

const NOW = new OwnFields('now', '')

test('the usual answer is put together anew when its size, the second or its content is another', () => {
  const fields = renderFields(new Headers({ A: '1' }))
  const answer = usualAnswer(fields, 2, NOW, 'hi')
  assert.equal(answer, 'HTTP/1.1 200 OK\r\nDate: now\r\nA: 1\r\nContent-Length: 2\r\n\r\nhi')
  assert.equal(usualAnswer(fields, 2, NOW, 'hi'), answer)
  for (const [size, own, content] of [
    [3, NOW, 'hi'],
    [2, new OwnFields('then', ''), 'hi'],
    [2, new OwnFields('now', 'oriel/1'), 'hi'],
    [2, NOW, 'ho'],
    [2, NOW, ''],
  ] as const) {
    usualAnswer(fields, 2, NOW, 'hi')
    const other = usualAnswer(fields, size, own, content)
    assert.equal(other, `HTTP/1.1 200 OK\r\n${own.text}A: 1\r\nContent-Length: ${size}\r\n\r\n${content}`)
  }
})

test('Date and Server are told once: where the resource says them itself, as it does', () => {
  const own = new OwnFields('now', 'oriel/1')
  for (const [said, lines] of [
    [{ A: '1' }, 'Date: now\r\nServer: oriel/1\r\n'],
    [{ date: 'then' }, 'Server: oriel/1\r\n'],
    [{ sERVER: 'mine' }, 'Date: now\r\n'],
    [{ Server: 'mine', Date: 'then' }, ''],
  ] as const) {
    const fields = renderFields(new Headers(said))
    assert.equal(ownLines(fields, own), lines)
    assert.ok(usualAnswer(fields, 0, own, '').startsWith(`HTTP/1.1 200 OK\r\n${lines}${fields.text}`))
  }
})

for (const [status, text, line] of [
  [200, '', 'HTTP/1.1 200 OK'],
  [200, 'Fine', 'HTTP/1.1 200 Fine'],
  [404, '', 'HTTP/1.1 404 Not Found'],
  [599, 'Own', 'HTTP/1.1 599 Own'],
] as const) {
  test(`the status line of ${status} with ${text || 'no reason of its own'} is ${line}`, () => {
    assert.equal(statusLine(status, text), `${line}\r\n`)
  })
}

test('the space before the reason is there for a status without a registered one (RFC 9112 §4)', () => {
  assert.match(statusLine(599, ''), /^HTTP\/1\.1 599 [^\r\n]*\r\n$/)
})

test('whatever fields are set, each line that goes out is one that was set, and none is added', () => {
  const name = fc.oneof(
    fc.constantFrom(...WITHHELD, 'Date', 'X'),
    fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,18}$/),
  )
  const value = fc.stringMatching(/^[\t\x20-\x7e\x80-\xff]{0,20}$/)
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 8 }), (set) => {
      const headers = new Headers(set)
      let dates = 0
      const expected = [...headers.raw()].filter(([name]) => {
        if (name.toLowerCase() === 'date') return dates++ === 0
        return !WITHHELD.some((withheld) => withheld.toLowerCase() === name.toLowerCase())
      })
      assert.equal(renderFields(headers).text, expected.map(([name, value]) => `${name}: ${value}\r\n`).join(''))
    }),
    runs(300),
  )
})

test('what may not stand behind the content is left out of the trailers (RFC 9110 §6.5.1)', () => {
  const headers = new Headers({ 'Set-Cookie': 'a=b', 'Content-Type': 'text/plain', 'X-Sum': '1', Vary: 'Accept' })
  assert.equal(renderTrailers(headers), 'X-Sum: 1\r\n')
})
