import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../test/support/property.ts'
import { isLoopback, networks, peerAddress, plainAddress } from './addresses.ts'

/** The entries, what is in them, and what is not. */
const NETWORKS: readonly (readonly [readonly string[], readonly string[], readonly string[]])[] = [
  [[], [], ['127.0.0.1', '::1', '', '0.0.0.0']],
  [['192.0.2.1'], ['192.0.2.1', '::ffff:192.0.2.1'], ['192.0.2.2', '192.0.2.10', '::1']],
  [['10.0.0.0/8'], ['10.0.0.0', '10.255.255.255', '::ffff:10.1.2.3'], ['9.255.255.255', '11.0.0.0', '::a00:1']],
  [['10.1.2.3/8'], ['10.0.0.1', '10.255.0.1'], ['11.1.2.3']],
  [['192.0.2.128/25'], ['192.0.2.128', '192.0.2.255'], ['192.0.2.127']],
  [['192.0.2.1/32'], ['192.0.2.1'], ['192.0.2.0', '192.0.2.2']],
  [['0.0.0.0/0'], ['0.0.0.0', '255.255.255.255', '::ffff:1.2.3.4'], ['2001:db8::1', '']],
  [['2001:db8::/32'], ['2001:db8::1', '2001:DB8:ffff::', '2001:db8::1%eth0'], ['2001:db9::', '192.0.2.1']],
  [['2001:db8::1'], ['2001:db8::1', '2001:db8:0:0:0:0:0:1'], ['2001:db8::2']],
  [['::/0'], ['::', '2001:db8::1'], ['', 'x']],
  [
    ['::ffff:10.0.0.0/104', 'fe80::1%eth0'],
    ['10.0.0.1', '::ffff:10.9.9.9', 'fe80::1'],
    ['11.0.0.1', 'fe80::2'],
  ],
  [['loopback'], ['127.0.0.1', '127.255.255.255', '::1', '::ffff:127.0.0.1'], ['128.0.0.1', '::2', '', 'localhost']],
  [
    ['private'],
    ['10.0.0.1', '172.16.0.0', '172.31.255.255', '192.168.0.1', 'fc00::1', 'fdff::1'],
    ['172.15.255.255', '172.32.0.0', '192.169.0.0', '127.0.0.1', 'fe80::1', 'fbff::1', ''],
  ],
  [['unix'], [''], ['127.0.0.1', '::1', 'unix', 'unknown', '/run/x.sock']],
  [['unix', 'loopback', '192.0.2.1'], ['', '127.0.0.1', '192.0.2.1'], ['192.0.2.2']],
]

for (const [entries, inside, outside] of NETWORKS) {
  test(`${JSON.stringify(entries)} has ${inside.join(', ') || 'nothing'}, and not ${outside.join(', ')}`, () => {
    const set = networks(entries)
    for (const address of inside) assert.equal(set.has(address), true, address)
    for (const address of outside) assert.equal(set.has(address), false, address)
  })
}

for (const entry of [
  '',
  'localhost',
  'Loopback',
  'constructor',
  '10.0.0',
  '10.0.0.256',
  '010.0.0.1',
  '10.0.0.0/',
  '10.0.0.0/33',
  '10.0.0.0/-1',
  '10.0.0.0/+8',
  '10.0.0.0/ 8',
  '10.0.0.0/8.0',
  '10.0.0.0/0x8',
  '10.0.0.0/8/8',
  '10.0.0.0/255.0.0.0',
  '2001:db8::/129',
  '[::1]',
  '10.0.0.1:80',
  ' 10.0.0.1',
  '/8',
  '*',
]) {
  test(`${JSON.stringify(entry)} is no network, and the error names it`, () => {
    assert.throws(
      () => networks(['loopback', entry]),
      (error) => error instanceof TypeError && error.message.startsWith(`${JSON.stringify(entry)} is no network`),
    )
  })
}

for (const [address, plain] of [
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::ffff:c000:201', '::ffff:c000:201'],
  ['fe80::1%eth0', 'fe80::1'],
  ['::1', '::1'],
  ['', ''],
] as const) {
  test(`${JSON.stringify(address)} is plainly ${JSON.stringify(plain)}`, () => {
    assert.equal(plainAddress(address), plain)
  })
}

for (const [address, own] of [
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['', true],
  ['128.0.0.1', false],
  ['12.7.0.1', false],
  ['::ffff:12.7.0.1', false],
  ['::', false],
  ['0.0.0.0', false],
  ['2001:db8::127.0.0.1', false],
  ['unknown', false],
] as const) {
  test(`${JSON.stringify(address)} is ${own ? '' : 'not '}this machine itself`, () => {
    assert.equal(isLoopback(address), own)
  })
}

test('an IPv4 range has just the addresses whose first bits are its own, over IPv6 sockets too', () => {
  const number = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  fc.assert(
    fc.property(fc.ipV4(), fc.ipV4(), fc.nat({ max: 32 }), fc.nat({ max: 32 }), (base, other, bits, common) => {
      // Of two random addresses few share more than some bits: the first ones of one are given to the other.
      const low = 2 ** (32 - common)
      const mixed = Math.floor(number(base) / low) * low + (number(other) % low)
      const address = [24, 16, 8, 0].map((shift) => Math.floor(mixed / 2 ** shift) % 256).join('.')
      const size = 2 ** (32 - bits)
      const inside = Math.floor(number(base) / size) === Math.floor(mixed / size)
      const set = networks([`${base}/${bits}`])
      assert.equal(set.has(address), inside)
      assert.equal(set.has(`::ffff:${address}`), inside)
    }),
    runs(500),
  )
})

for (const [what, ends, address] of [
  ['a Unix socket', {}, ''],
  ['a client', { remoteAddress: '::ffff:192.0.2.1', localAddress: '::ffff:192.0.2.2' }, '192.0.2.1'],
  ['a client that had gone when it was accepted', { localAddress: '192.0.2.2' }, 'unknown'],
  ['a socket that is closed', { destroyed: true }, 'unknown'],
] as const) {
  test(`the other end of ${what} is ${JSON.stringify(address)}`, () => {
    assert.equal(peerAddress(ends), address)
  })
}
