import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectGarbage } from '../../../test/support/garbage.ts'
import { fc, runs } from '../../../test/support/property.ts'
import { type App, ApplicationEnd, type AppRequest } from './application.ts'
import { ABORT_REQUEST, DATA, GET_VALUES, PARAMS, STDIN, STDOUT } from './codes.ts'
import { FastCgiFault } from './fault.ts'
import { nameValues, paramsStream } from './name-values.ts'
import { abortRequest, beginRequest, bytesOf, credit, record, recordHead, streamEnd, unknownType } from './records.ts'

/** An application that writes down what it is told; what comes of one stream in a row is put together. */
class Told implements App {
  readonly lines: string[] = []
  written = ''
  readonly end: ApplicationEnd
  refuse = false

  constructor(maxParams: number = 1000) {
    this.end = new ApplicationEnd(this, maxParams, (records) => {
      this.written += records
    })
  }

  getValues(names: readonly string[]): readonly string[] {
    return names.flatMap((name) => (name === 'UNKNOWN' ? [] : [name, '1']))
  }

  beginRequest(id: number, role: string | undefined, flags: number): AppRequest | undefined {
    this.lines.push(`${id} begins as ${role} with ${flags}`)
    if (this.refuse) return undefined
    const tell = (what: string): number => this.lines.push(`${id} ${what}`)
    const stream = (name: string, bytes: Uint8Array): void => {
      const before = this.lines.at(-1)
      if (bytes.byteLength === 0) tell(`${name} ends`)
      else if (before?.startsWith(`${id} ${name}: `)) this.lines[this.lines.length - 1] += `${Buffer.from(bytes)}`
      else tell(`${name}: ${Buffer.from(bytes)}`)
    }
    return {
      params: (variables) => tell(`params ${variables.join(',')}`),
      paramsTooLarge: () => tell('params too large'),
      stdin: (bytes) => stream('stdin', bytes),
      data: (bytes) => stream('data', bytes),
      credit: (bytes) => tell(`credit ${bytes}`),
      abort: () => tell('abort'),
      gone: () => tell('gone'),
    }
  }

  read(records: string): this {
    this.end.read(bytesOf(records))
    return this
  }
}

const begin = (id: number, role: number = 1): string => beginRequest(id, role, 1)
const request = (id: number): string => begin(id) + paramsStream(id, ['A', 'b'])

test('the records of a request become calls, in whatever pieces they come', () => {
  const all =
    begin(7, 3) +
    paramsStream(7, ['NAME', 'value', 'EMPTY', '', 'LONG', 'x'.repeat(300)]) +
    record(STDIN, 7, 'content') +
    streamEnd(STDIN, 7) +
    record(DATA, 7, 'file') +
    streamEnd(DATA, 7) +
    credit(7, 70000) +
    abortRequest(7)
  const expected = [
    '7 begins as Filter with 1',
    `7 params NAME,value,EMPTY,,LONG,${'x'.repeat(300)}`,
    '7 stdin: content',
    '7 stdin ends',
    '7 data: file',
    '7 data ends',
    '7 credit 70000',
    '7 abort',
  ]
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (sizes) => {
      const told = new Told()
      for (let at = 0, i = 0; at < all.length; i++) {
        const end = at + (sizes[i % sizes.length] ?? 1)
        told.read(all.slice(at, end))
        at = end
      }
      assert.deepEqual(told.lines, expected)
      assert.equal(told.written, '')
    }),
    runs(100),
  )
})

test('variables may be cut anywhere over records', () => {
  const text = nameValues(['NAME', 'value', 'OTHER', 'v'.repeat(200)])
  for (const size of [1, 2, 3, 50]) {
    let records = begin(1)
    for (let at = 0; at < text.length; at += size) records += record(PARAMS, 1, text.slice(at, at + size))
    const told = new Told().read(records + streamEnd(PARAMS, 1))
    assert.equal(told.lines[1], `1 params NAME,value,OTHER,${'v'.repeat(200)}`)
  }
})

test('requests on one connection do not mix', () => {
  const told = new Told().read(begin(1) + begin(2) + paramsStream(2, ['B', '2']) + paramsStream(1, ['A', '1']))
  told.read(record(STDIN, 1, 'one') + record(STDIN, 2, 'two') + record(STDIN, 1, 'more'))
  assert.deepEqual(told.lines.slice(2), [
    '2 params B,2',
    '1 params A,1',
    '1 stdin: one',
    '2 stdin: two',
    '1 stdin: more',
  ])
})

for (const [what, records] of [
  ['STDIN', record(STDIN, 9, 'x')],
  ['PARAMS', record(PARAMS, 9, 'x')],
  ['ABORT_REQUEST', abortRequest(9)],
  ['CREDIT', credit(9, 5)],
  ['an unknown type', record(200, 9, 'x')],
] as const) {
  test(`${what} of an id that is not active is ignored (§3.3)`, () => {
    const told = new Told().read(records + request(1))
    assert.deepEqual(told.lines, ['1 begins as Responder with 1', '1 params A,b'])
    assert.equal(told.written, '')
  })
}

test('an id is free again when its request has ended, and what still comes of it is ignored', () => {
  const told = new Told().read(request(1))
  told.end.ended(1)
  told.read(record(STDIN, 1, 'late') + request(1))
  assert.deepEqual(told.lines.slice(2), ['1 begins as Responder with 1', '1 params A,b'])
  assert.equal(told.end.active, 1)
})

test('a request that is not taken is not active', () => {
  const told = new Told()
  told.refuse = true
  told.read(request(1) + request(1))
  assert.deepEqual(told.lines, ['1 begins as Responder with 1', '1 begins as Responder with 1'])
})

test('an unknown role is told as none', () => {
  assert.deepEqual(new Told().read(begin(1, 9)).lines, ['1 begins as undefined with 1'])
})

test('records of an active request that make no sense here are ignored', () => {
  const told = new Told().read(request(1) + record(STDOUT, 1, 'x') + record(200, 1, 'x') + record(PARAMS, 1, 'late'))
  assert.deepEqual(told.lines.slice(2), [])
})

test('too many variables are told as such once, and the rest of them is dropped', () => {
  const told = new Told(100).read(begin(1) + paramsStream(1, ['A', 'a'.repeat(60), 'B', 'b'.repeat(60)]))
  told.read(begin(2) + record(PARAMS, 2, 'x'.repeat(60)) + record(PARAMS, 2, 'x'.repeat(60)) + record(PARAMS, 2, 'x'))
  assert.deepEqual(
    told.lines.filter((line) => line.endsWith('large')),
    ['1 params too large', '2 params too large'],
  )
})

test('GET_VALUES is answered with what is known, each once, in order, also within a request (§4.1)', () => {
  const told = new Told().read(begin(1))
  told.read(record(GET_VALUES, 0, nameValues(['A', '', 'UNKNOWN', '', 'B', '', 'A', ''])))
  assert.equal(told.written, record(10, 0, nameValues(['A', '1', 'B', '1'])))
  told.written = ''
  told.read(record(GET_VALUES, 0, ''))
  assert.equal(told.written, recordHead(10, 0, 0))
})

test('an unknown management record is told so (§4.2)', () => {
  assert.equal(new Told().read(record(100, 0, 'x')).written, unknownType(100))
})

test('all requests that are active are told when the connection is closed, and nothing after', () => {
  const told = new Told().read(request(1) + request(2000))
  for (const active of told.end.stop()) active.gone()
  assert.deepEqual(told.lines.slice(4), ['1 gone', '2000 gone'])
  told.read(request(3))
  assert.equal(told.lines.length, 6)
})

for (const [what, records] of [
  ['another version', `\x02${begin(1).slice(1)}`],
  ['a BEGIN_REQUEST that is too short', record(1, 1, '\0\x01')],
  ['a second BEGIN_REQUEST of an active id', begin(1) + begin(1)],
  ['content before the variables', begin(1) + record(STDIN, 1, 'x')],
  ['variables that are cut', begin(1) + record(PARAMS, 1, '\x40\x40ab') + streamEnd(PARAMS, 1)],
  ['variables of 4 GiB', begin(1) + record(PARAMS, 1, `${'\xff'.repeat(8)}ab`) + streamEnd(PARAMS, 1)],
  ['a record of a request without its id', beginRequest(0, 1, 0)],
  ['a CREDIT that is too short', request(1) + record(64, 1, 'x')],
  ['GET_VALUES that are cut', record(GET_VALUES, 0, '\x05')],
] as const) {
  test(`${what} is a fault`, () => {
    assert.throws(() => new Told().read(records), FastCgiFault)
  })
}

test('no bytes throw anything but a fault', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      begin(1),
      request(1),
      abortRequest(1),
      streamEnd(STDIN, 1),
      record(STDIN, 1, 'x'),
      streamEnd(PARAMS, 1),
    ),
    fc.string({ unit: fc.nat(255).map((n) => String.fromCharCode(n)), maxLength: 12 }),
    fc.tuple(fc.nat(255), fc.nat(2), fc.nat(20)).map(([type, id, size]) => record(type, id, 'x'.repeat(size))),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const told = new Told()
      try {
        for (const one of pieces) told.read(one)
      } catch (error) {
        assert.ok(error instanceof FastCgiFault, String(error))
      }
    }),
    runs(500),
  )
  assert.equal(ABORT_REQUEST, 2)
})

test('variables that come byte by byte take no more memory than others', async () => {
  const size = 200_000
  const told = new Told(size + 1000).read(begin(1))
  const one = bytesOf(
    record(PARAMS, 1, 'v')
      .slice(0, 9)
      .replace(/^(....)..../s, '$1\0\x01\0\0'),
  )
  told.end.read(bytesOf(record(PARAMS, 1, `\x04\x80\x03\x0d\x40NAME`)))
  await collectGarbage()
  const before = process.memoryUsage().heapUsed
  for (let i = 0; i < size; i++) told.end.read(one)
  await collectGarbage()
  assert.ok(process.memoryUsage().heapUsed - before < 10 * size)
  told.read(streamEnd(PARAMS, 1))
  assert.equal(told.lines.at(-1), `1 params NAME,${'v'.repeat(size)}`)
})
