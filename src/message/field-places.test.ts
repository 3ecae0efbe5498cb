import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { runs } from '../../test/support/property.ts'
import { DEFAULT_HEAD_LIMITS, RequestHead, readRequestHead } from '../protocol/http1/request-head.ts'
import { LONGEST_PLACED } from './field-places.ts'
import { Headers } from './headers.ts'

const NAMES = ['Host', 'host', 'A', 'a-b', 'X-LONG', 'x-long', 'Cookie', 'User-Agent', 'n'.repeat(254), 'n'.repeat(300)]
const LIMITS = { ...DEFAULT_HEAD_LIMITS, head: 10 * LONGEST_PLACED }

function headOf(lines: string): RequestHead {
  const head = new RequestHead()
  const text = `GET / HTTP/1.1\r\n${lines}\r\n`
  assert.ok(readRequestHead(head, Buffer.from(text, 'latin1'), text, 0, LIMITS))
  assert.equal(head.lines, lines)
  return head
}

test('a field is found by its place as it is in the text, however often it is there, and in whatever case', () => {
  const name = fc.constantFrom(...NAMES.filter((one) => one.toLowerCase() !== 'host'))
  const value = fc.stringMatching(/^[\t -~\x80-\xff]{0,20}$/)
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 12 }), (fields) => {
      const lines = fields.map(([one, text]) => `${one}:${text}\r\n`).join('')
      const { places } = headOf(lines)
      assert.equal(places?.length, fields.length)
      for (const one of [...NAMES, 'none', '']) {
        const found = Headers.fromLines(lines, places).get(one)
        assert.equal(found, Headers.fromLines(lines).get(one), one)
        const list = fields
          .filter(([given]) => given.toLowerCase() === one.toLowerCase())
          .map(([, text]) => text.replace(/^[ \t]+|[ \t]+$/g, ''))
        if (one.toLowerCase() !== 'cookie') assert.equal(found, list.length === 0 ? null : list.join(', '))
      }
    }),
    runs(300),
  )
})

test('fields are found by their places again after one was withheld, copied or changed', () => {
  const head = headOf('A: 1\r\nAuthorization: secret\r\nB: 2\r\n')
  const headers = Headers.fromLines(head.lines, head.places)
  headers.withhold('authorization')
  assert.deepEqual([headers.get('a'), headers.get('authorization'), headers.get('b')], ['1', null, '2'])
  assert.equal(headers.kept().get('Authorization'), 'secret')
  headers.giveBack()
  assert.equal(headers.get('authorization'), 'secret')
  headers.set('A', '3')
  assert.deepEqual([headers.get('a'), headers.get('b')], ['3', '2'])
})

test('a section with lines that no place can tell has none, and is searched', () => {
  const head = headOf(`A: ${'x'.repeat(LONGEST_PLACED)}\r\nB: 2\r\n`)
  assert.equal(head.places, undefined)
  assert.equal(Headers.fromLines(head.lines, head.places).get('b'), '2')
})
