import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logRecord } from '../../test/support/log-record.ts'
import { fc, runs } from '../../test/support/property.ts'
import type { ExchangeRecord } from '../message/exchange.ts'
import { formatOf } from './format.ts'

/** What moves a cursor, ends a line, changes the direction of a text, or cannot be seen. */
const HARMFUL = /[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]|\udb40[\udc00-\udc7f]/

const NASTY = [
  ...[
    '\r',
    '\n',
    '\0',
    '\x1b[2J',
    '\x07',
    '\t',
    '\x7f',
    '\x85',
    '\x9b31m',
    '\u2028',
    '\u2029',
    '\u202e',
    '\u2066',
    '\u200f',
  ],
  ...[
    '"',
    '\\',
    '\\"',
    "'",
    '{',
    '}',
    '[',
    ']',
    ' ',
    '-',
    '\xff',
    '\xc3\xa9',
    'é',
    'Ж',
    '😀',
    '\ud800',
    '\udc00',
    '\u{e0041}',
  ],
  ...['\\x22', '\\u0022', '" 200 5 "', ']} ', '","status":500,"x":"', '%00', '%0d%0a'],
]
const text = fc
  .array(fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 8 })
  .map((parts) => parts.join(''))
/** As fields come: one character a byte. */
const bytes = text.map((value) => Buffer.from(value, 'utf8').toString('latin1'))
const octets = fc.oneof(
  bytes,
  fc.uint8Array({ maxLength: 20 }).map((value) => Buffer.from(value).toString('latin1')),
)
const records = fc
  .record(
    {
      user: text,
      uri: octets,
      method: octets,
      host: octets,
      protocol: text,
      referrer: octets,
      agent: octets,
      contentType: octets,
      remoteIp: text,
      route: text,
      resource: text,
      error: text.map((message) => new Error(message)),
      backend: fc.record({ stderr: fc.array(text, { maxLength: 3 }), signal: text }),
    },
    { requiredKeys: [] },
  )
  .map((given) => logRecord(given as Partial<ExchangeRecord>))

function property<T>(values: fc.Arbitrary<T>, holds: (value: T) => void): void {
  fc.assert(fc.property(values, holds), runs(400))
}

function isInert(line: string): void {
  assert.ok(!HARMFUL.test(line), JSON.stringify(line))
  assert.ok(!/\p{Surrogate}/u.test(line), JSON.stringify(line))
}

/** What stands for a value in a line of a template. */
function read(told: string): string | undefined {
  if (told === '-') return undefined
  if (told === '""') return ''
  return told.replace(/\\x([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
}

const utf8 = (value: string | undefined): string | undefined =>
  value === undefined ? undefined : Buffer.from(value, 'utf8').toString('latin1')

const KEYS =
  'time remoteIp remoteName user method uri protocol host status contentLength contentType bytesIn bytesOut firstByte duration route resource requestId referrer agent error backend'

const COMBINED = /^([^ ]+) - ([^ ]+) \[([^\]]+)\] "([^" ]*) ([^" ]*) ([^"]*)" (\d{3}) (\d+) "([^"]*)" "([^"]*)"$/

test('combined: a line has its fields and no others, and each is read back as it was', () => {
  const line = formatOf({ format: 'combined', redact: false })
  property(records, (record) => {
    const told = line(record)
    isInert(told)
    const m = COMBINED.exec(told)
    assert.ok(m !== null, told)
    const spaceless = [m[1], m[2]].map((one) => read(one as string))
    assert.deepEqual(spaceless, [utf8(record.remoteIp), utf8(record.user)])
    const inQuotes = [m[4], m[5], m[6], m[9], m[10]].map((one) => read(one as string))
    const { method, uri, protocol, referrer, agent } = record
    assert.deepEqual(inQuotes, [method, uri, utf8(protocol), referrer, agent])
    assert.deepEqual([m[7], m[8]], ['200', '1234'])
  })
})

test('common is the same without its last two fields', () => {
  const [common, combined] = [formatOf({ format: 'common' }), formatOf({ format: 'combined' })]
  property(records, (record) => {
    const told = common(record)
    assert.ok(combined(record).startsWith(`${told} "`))
  })
})

test('json: a line is one object, whose members are the values', () => {
  const line = formatOf({ format: 'json', redact: false })
  property(records, (record) => {
    const told = line(record)
    isInert(told)
    const read = JSON.parse(told)
    assert.deepEqual(
      Object.keys(read).filter((key) => !KEYS.includes(key)),
      [],
    )
    assert.deepEqual([read.status, read.bytesOut, read.duration], [200, 1400, 1.25])
    for (const key of ['user', 'route', 'resource', 'remoteIp', 'protocol'] as const)
      assert.equal(read[key], record[key])
    for (const key of ['method', 'uri', 'host', 'referrer', 'agent', 'contentType'] as const) {
      const value = record[key]
      if (value === undefined) assert.ok(!(key in read))
      else assert.ok(read[key] === value || Buffer.from(read[key], 'utf8').toString('latin1') === value, key)
    }
    if (record.backend?.stderr !== undefined) assert.deepEqual(read.backend.stderr, record.backend.stderr)
  })
})

test('a template of any shape: what stands up to the next sign is the value', () => {
  const names = fc.constantFrom('user', 'uri', 'agent', 'referrer', 'route', 'method', '>x-a', 'stderr')
  const signs = fc.constantFrom(' ', '|', ';', ',', ':', ']', '/', '=', '~', '^')
  property(fc.tuple(fc.array(fc.tuple(names, signs), { minLength: 1, maxLength: 5 }), records), ([parts, record]) => {
    const line = formatOf({
      format: { template: parts.map(([name, sign]) => `{${name}}${sign}`).join('') },
      redact: false,
    })
    const told = line({ ...record, requestField: () => record.agent })
    isInert(told)
    let at = 0
    for (const [name, sign] of parts) {
      const end = told.indexOf(sign, at)
      const value = read(told.slice(at, end))
      if (name === 'user' || name === 'route') assert.equal(value, utf8(record[name]))
      else if (name === 'stderr') assert.equal(value, utf8(record.backend?.stderr?.join('\n')))
      else assert.equal(value, name === '>x-a' ? record.agent : record[name as 'uri'])
      at = end + 1
    }
    assert.equal(at, told.length)
  })
})

test('a function of the config writes one line, whatever it gives', () => {
  property(text, (given) => {
    const line = formatOf({ format: () => given })(logRecord())
    isInert(line.replaceAll('\t', ''))
  })
  assert.equal(formatOf({ format: ({ uri }) => `${uri}\tx\n` })(logRecord()), '/a?b=c\tx')
})
