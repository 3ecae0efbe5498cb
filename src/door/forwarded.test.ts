import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../test/support/property.ts'
import { networks } from '../io/addresses.ts'
import { Headers } from '../message/headers.ts'
import { clientBehind } from './forwarded.ts'

const PROXY = '10.0.0.1'
const TRUSTED = networks(['10.0.0.0/8', 'fd00::/8', 'unix'])

type Fields = readonly (readonly [string, string])[]

/** The client as `address scheme`, seen by us on a plain socket of a trusted proxy. */
function client(fields: Fields, peer: string = PROXY, secure: boolean = false): string {
  const behind = clientBehind(peer, secure, new Headers(fields), TRUSTED)
  return `${behind.address} ${behind.secure ? 'https' : 'http'}`
}

const forwarded = (value: string): Fields => [['Forwarded', value]]
const common = (addresses: string, schemes?: string): Fields =>
  schemes === undefined
    ? [['X-Forwarded-For', addresses]]
    : [
        ['X-Forwarded-For', addresses],
        ['X-Forwarded-Proto', schemes],
      ]

const NODES: readonly (readonly [string, string])[] = [
  ['192.0.2.7', '192.0.2.7'],
  ['192.0.2.7:4711', '192.0.2.7'],
  ['2001:db8::1', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['[2001:db8::1]:4711', '2001:db8::1'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['[::ffff:192.0.2.7]:80', '192.0.2.7'],
  ['fe80::1%eth0', 'fe80::1'],
]

for (const [node, address] of NODES) {
  test(`the node ${node} is the address ${address}, in either field`, () => {
    assert.equal(client(forwarded(`for="${node}"`)), `${address} http`)
    assert.equal(client(common(node)), `${address} http`)
  })
}

for (const node of ['unknown', '_hidden', '', '192.0.2', '192.0.2.256', '[192.0.2.7', '1.2.3.4:x', 'localhost']) {
  test(`the node ${JSON.stringify(node)} is no address: the client is the hop that told it`, () => {
    assert.equal(client(forwarded(`for=6.6.6.6, for="${node}";proto=https`)), `${PROXY} https`)
    assert.equal(client(common(`6.6.6.6, ${node}`, 'https')), `${PROXY} https`)
  })
}

/** What the fields say, and who the client is. */
const SAID: readonly (readonly [string, Fields, string])[] = [
  ['nothing', [], `${PROXY} http`],
  ['an empty Forwarded', forwarded(''), `${PROXY} http`],
  ['an empty X-Forwarded-For', common(''), `${PROXY} http`],
  ['names in any case', forwarded('FOR=192.0.2.7;Proto=HTTPS'), '192.0.2.7 https'],
  ['white space around every part', forwarded('  for = 192.0.2.7 ; proto = https '), '192.0.2.7 https'],
  ['other parameters', forwarded('by=10.0.0.9;for=192.0.2.7;host=a.example;x-y=1;proto=https'), '192.0.2.7 https'],
  ['names that only end like known ones', forwarded('xfor=6.6.6.6;x-for=6.6.6.6;proto=https'), `${PROXY} https`],
  ['a parameter without value', forwarded('for=192.0.2.7;proto'), '192.0.2.7 http'],
  ['empty members', forwarded(', ,for=192.0.2.7,,'), '192.0.2.7 http'],
  ['escapes in a quoted string', forwarded('for="192\\.0.2.7";proto="\\https"'), '192.0.2.7 https'],
  ['a parameter inside a quoted string', forwarded('for=192.0.2.7;host="a;for=6.6.6.6"'), '192.0.2.7 http'],
  ['a quoted string of any token', forwarded('for=192.0.2.7;x.y!="a;for=6.6.6.6"'), '192.0.2.7 http'],
  ['an escaped quote in one', forwarded('for=192.0.2.7;host="a\\";for=6.6.6.6"'), '192.0.2.7 http'],
  ['several lines', [...forwarded('for=6.6.6.6'), ...forwarded('for=192.0.2.7')], '192.0.2.7 http'],
  ['wss', common('192.0.2.7', 'wss'), '192.0.2.7 https'],
  ['an unknown scheme', common('192.0.2.7', 'gopher'), '192.0.2.7 http'],
  ['one scheme for two addresses', common('6.6.6.6, 192.0.2.7', 'https'), '192.0.2.7 https'],
  ['a scheme for each address', common('192.0.2.7, 10.0.0.2', 'https, http'), '192.0.2.7 https'],
  ['more schemes than addresses', common('192.0.2.7', 'https, http'), '192.0.2.7 http'],
  ['schemes alone: the last one', [['X-Forwarded-Proto', 'http, https']], `${PROXY} https`],
  ['a chain over trusted IPv6', forwarded('for=192.0.2.7, for="[fd00::2]", for=10.0.0.3'), '192.0.2.7 http'],
  [
    'the scheme of the outermost believed hop',
    forwarded('for=192.0.2.7;proto=https, for=10.0.0.2;proto=http'),
    '192.0.2.7 https',
  ],
  ['a gap in a chain of trust', common('6.6.6.6, 192.0.2.7, 10.0.0.2', 'https, http, http'), '192.0.2.7 http'],
  ['trusted proxies only', common('10.0.0.3, 10.0.0.2'), '10.0.0.3 http'],
]

for (const [what, fields, expected] of SAID) {
  test(`a client told by ${what} is ${expected}`, () => {
    assert.equal(client(fields), expected)
  })
}

test('what a proxy leaves open stays as the socket tells it', () => {
  assert.equal(client([], '::ffff:10.0.0.1', true), `${PROXY} https`)
  assert.equal(client(common('192.0.2.7'), PROXY, true), '192.0.2.7 https')
  assert.equal(client(common('192.0.2.7', 'http'), PROXY, true), '192.0.2.7 http')
})

test('a proxy on a Unix socket is believed where that is trusted, and no address of a field stands for it', () => {
  assert.equal(client(common('192.0.2.7'), ''), '192.0.2.7 http')
  assert.equal(client(common('6.6.6.6, '), ''), ' http')
})

test('a peer that is not trusted is the client, whatever it sends', () => {
  assert.equal(client(common('6.6.6.6', 'https'), '192.0.2.1'), '192.0.2.1 http')
  assert.equal(client(forwarded('for=6.6.6.6;proto=https'), '192.0.2.1'), '192.0.2.1 http')
})

const BOTH: readonly (readonly [string, string, string | undefined, string])[] = [
  ['for=192.0.2.7', '192.0.2.7', undefined, '192.0.2.7 http'],
  ['for="[2001:db8::1]:4711"', '2001:db8::1', undefined, '2001:db8::1 http'],
  ['for=_a, for=192.0.2.7;proto=https', 'unknown, 192.0.2.7', 'https', '192.0.2.7 https'],
  ['for=192.0.2.7', '192.0.2.7', 'http', '192.0.2.7 http'],
  ['for=192.0.2.7;proto=https', '192.0.2.7', 'http', 'unknown http'],
  ['for=192.0.2.7;proto=https', '192.0.2.7', undefined, '192.0.2.7 http'],
  ['for=192.0.2.7', '192.0.2.7', 'https', '192.0.2.7 http'],
  ['for=6.6.6.6', '192.0.2.7', undefined, 'unknown http'],
  ['for=6.6.6.6, for=192.0.2.7', '192.0.2.7', undefined, 'unknown http'],
  ['for=192.0.2.7', '6.6.6.6, 192.0.2.7', undefined, 'unknown http'],
  ['proto=https', '192.0.2.7', undefined, 'unknown http'],
  ['', '192.0.2.7', undefined, 'unknown http'],
]

for (const [standard, addresses, schemes, expected] of BOTH) {
  test(`Forwarded: ${standard} beside X-Forwarded-For: ${addresses} (${schemes ?? 'no'} scheme) is ${expected}`, () => {
    assert.equal(client([...forwarded(standard), ...common(addresses, schemes)]), expected)
  })
}

for (const opened of [
  '\xa0, for="',
  '\xa0, for=6.6.6.6;x="',
  'for="',
  'for="6.6.6.6',
  'for="6.6.6.6\\',
  'for=6.6.6.6;x="',
]) {
  test(`a client that opens a string by ${JSON.stringify(opened)} does not swallow what the proxy adds`, () => {
    for (const added of ['for=192.0.2.7', 'for="[2001:db8::1]"', 'for=192.0.2.7;host="a"']) {
      assert.equal(client([...forwarded(opened), ...forwarded(added)]), 'unknown http')
    }
  })
}

test('whatever a client sends in Forwarded, it is itself or unknown behind a proxy that adds a member', () => {
  const part = fc.constantFrom(
    'for=',
    'proto=',
    '6.6.6.6',
    'https',
    '"',
    '\\',
    ',',
    ';',
    '=',
    ' ',
    '10.0.0.2',
    '[::1]',
    '\xa0',
  )
  const sent = fc.array(fc.oneof(part, fc.string({ maxLength: 3, unit: 'grapheme-ascii' })), { maxLength: 12 })
  fc.assert(
    fc.property(sent, fc.boolean(), (parts, quoted) => {
      const added = quoted ? 'for="192.0.2.7:4711";proto=http' : 'for=192.0.2.7;proto=http'
      const told = client([...forwarded(parts.join('')), ...forwarded(added)])
      assert.ok(['192.0.2.7 http', 'unknown http'].includes(told), told)
    }),
    runs(500),
  )
})

test('whatever a client sends in X-Forwarded-For, it is itself behind a proxy that adds an address', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-ascii' }), (sent) => {
      assert.equal(client([...common(sent), ...common('192.0.2.7')]), '192.0.2.7 http')
    }),
    runs(300),
  )
})
