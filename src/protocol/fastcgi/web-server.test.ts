import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../../test/support/property.ts'
import { STDERR, STDOUT } from './codes.ts'
import { FastCgiFault } from './fault.ts'
import { applicationValues, getValues, valuesOf } from './management.ts'
import { nameValues } from './name-values.ts'
import { bytesOf, credit, endRequest, record, recordHead, streamEnd, unknownType } from './records.ts'
import { MAX_ACTIVE, RequestIds } from './request-ids.ts'
import { type Answered, WebServerEnd } from './web-server.ts'

/** What was told of one request, in one text. */
class Told implements Answered {
  said = ''
  stdout(bytes: Uint8Array): void {
    this.said += Buffer.from(bytes).toString('latin1')
  }
  stderr(bytes: Uint8Array): void {
    this.said += Buffer.from(bytes).toString('latin1').toUpperCase()
  }
  credit(bytes: number): void {
    this.said += `+${bytes}`
  }
  endRequest(appStatus: number, protocolStatus: number): void {
    this.said += `/${appStatus} ${protocolStatus}`
  }
}

function begin(count: number) {
  const managed: string[] = []
  const end = new WebServerEnd({
    values: (content) => void managed.push(valuesOf(content).join()),
    unknownType: (type) => void managed.push(`type ${type}`),
  })
  const told = Array.from({ length: count }, () => new Told())
  const ids = told.map((one) => end.begin(one))
  return { end, told, ids, managed, says: (text: string) => end.read(bytesOf(text)) }
}

test('records of several requests reach each its own, whatever else comes', () => {
  const { end, told, ids, managed, says } = begin(2)
  assert.deepEqual(ids, [1, 2])
  says(record(STDOUT, 2, 'two') + record(STDERR, 1, 'err') + record(99, 1, 'x') + unknownType(64))
  says(record(10, 0, nameValues(['A', 'b'])) + credit(1, 70_000) + streamEnd(STDOUT, 2) + endRequest(2, -1, 3))
  assert.deepEqual(
    told.map(({ said }) => said),
    ['ERR+70000', 'two/-1 3'],
  )
  assert.deepEqual([end.active, end.ended, end.spoiled, managed], [1, 1, false, ['type 64', 'A,b']])
})

test('what is for no request that runs is told to none', () => {
  for (const [stray, throws] of [
    [record(STDOUT, 9, 'x'), true],
    [record(STDERR, 9, 'x'), true],
    [endRequest(9, 0, 0), true],
    [streamEnd(STDOUT, 9), false],
    [record(STDOUT, 65535, ''), false],
  ] as const) {
    const { end, told, says } = begin(1)
    if (throws) assert.throws(() => says(stray), FastCgiFault)
    else says(stray)
    assert.deepEqual([end.spoiled, told[0]?.said], [true, ''])
  }
  const { end, says } = begin(1)
  says(endRequest(1, 0, 0) + record(STDOUT, 1, 'late') + credit(1, 5))
  assert.equal(end.spoiled, true)
})

test('a record that is too short, or of another version, is a fault', () => {
  for (const bad of [record(3, 1, 'abcd'), record(64, 1, 'ab'), `\x02${recordHead(STDOUT, 1, 0).slice(1)}`]) {
    assert.throws(() => begin(1).says(bad), FastCgiFault)
  }
})

test('an answer says the same in whatever pieces it comes', () => {
  const answer = fc.array(
    fc.oneof(
      fc.tuple(fc.constantFrom(STDOUT, STDERR), fc.integer({ min: 1, max: 3 }), fc.string({ unit: 'binary-ascii' })),
      fc.tuple(fc.constantFrom(99, 5), fc.integer({ min: 0, max: 3 }), fc.string({ unit: 'binary-ascii' })),
    ),
    { maxLength: 20 },
  )
  const property = fc.property(answer, fc.array(fc.nat(40), { maxLength: 60 }), (records, cuts) => {
    const text = records.map(([type, id, content]) => record(type, id, content)).join('')
    const whole = begin(3)
    whole.says(text)
    const cut = begin(3)
    let at = 0
    for (const size of cuts) {
      cut.says(text.slice(at, at + size))
      at += size
    }
    cut.says(text.slice(at))
    assert.deepEqual(
      cut.told.map(({ said }) => said),
      whole.told.map(({ said }) => said),
    )
  })
  fc.assert(property, runs(200))
})

test('garbage is a fault or nothing, never another error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, valid) => {
      if (valid) for (let at = 0; at < bytes.length; at += 8) bytes[at] = 1
      try {
        begin(2).end.read(bytes)
      } catch (error) {
        assert.ok(error instanceof FastCgiFault)
      }
    }),
    runs(500),
  )
})

test('ids go round, and one that is taken is left out', () => {
  const ids = new RequestIds<string>()
  for (let i = 1; i <= MAX_ACTIVE; i++) assert.equal(ids.add(`${i}`), i)
  ids.delete(7)
  ids.delete(7)
  ids.delete(500)
  assert.equal(ids.size, MAX_ACTIVE - 2)
  assert.deepEqual([ids.add('a'), ids.add('b')], [7, 500])
  assert.deepEqual([ids.get(7), ids.get(0), ids.get(65535)], ['a', undefined, undefined])
  assert.equal(ids.clear().length, MAX_ACTIVE)
  assert.equal(ids.add('again'), 1)
})

test('values are asked for with padding, which libfcgi needs; what is no number was not said', () => {
  for (let length = 1; length < 20; length++) {
    const asked = getValues(['N'.repeat(length)])
    assert.ok(asked.charCodeAt(6) >= 1 && asked.length % 8 === 0)
  }
  const none = { maxConns: undefined, maxReqs: undefined, mpxsConns: false, window: 0, objects: false }
  assert.deepEqual(applicationValues(['FCGI_MAX_CONNS', '-1', 'FCGI_MPXS_CONNS', '2', 'ORIEL_WINDOW', 'x']), none)
  assert.deepEqual(
    applicationValues(['FCGI_MAX_CONNS', '3', 'FCGI_MAX_REQS', '4', 'FCGI_MPXS_CONNS', '1', 'ORIEL_WINDOW', '5']),
    { maxConns: 3, maxReqs: 4, mpxsConns: true, window: 5, objects: false },
  )
})
