import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { runs } from '../../test/support/property.ts'
import { bitString, identifier, integer, octetString, sequence, setOf, tagged, time, utf8String, yes } from './der.ts'

test('values are written by X.690', () => {
  const cases = [
    [sequence(), '3000'],
    [sequence(yes(), setOf(yes())), '30080101ff31030101ff'],
    [integer(Buffer.from([])), '020100'],
    [integer(Buffer.from([0])), '020100'],
    [integer(Buffer.from([0, 0, 0x7f])), '02017f'],
    [integer(Buffer.from([0x80])), '02020080'],
    [bitString(Buffer.from([0x80]), 7), '03020780'],
    [octetString(Buffer.from('a')), '040161'],
    [utf8String('é'), '0c02c3a9'],
    [identifier('2.5.29.17'), '0603551d11'],
    [identifier('1.2.840.10045.4.3.2'), '06082a8648ce3d040302'],
    [tagged(0, yes(), true), 'a0030101ff'],
    [tagged(2, Buffer.from('a'), false), '820161'],
  ] as const
  for (const [der, hex] of cases) assert.equal(der.toString('hex'), hex)
})

test('a length takes the fewest octets that it can (X.690 §10.1)', () => {
  for (const [size, head] of [
    [127, '047f'],
    [128, '048180'],
    [255, '0481ff'],
    [256, '04820100'],
    [65_536, '0483010000'],
  ] as const) {
    const der = octetString(Buffer.alloc(size))
    assert.equal(der.subarray(0, -size).toString('hex'), head)
  }
})

test('times until 2049 have a year of two digits (RFC 5280 §4.1.2.5)', () => {
  const text = (date: string): string => time(new Date(date)).toString('latin1')
  assert.equal(text('2026-11-21T09:08:07.654Z'), '\x17\x0d261121090807Z')
  assert.equal(text('2049-12-31T23:59:59Z'), '\x17\x0d491231235959Z')
  assert.equal(text('2050-01-01T00:00:00Z'), '\x18\x0f20500101000000Z')
})

test('a number is read back as what it was, and never below zero', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
      const der = integer(octets)
      const content = der.subarray(der.byteLength > 129 ? 3 : 2)
      assert.ok((content[0] ?? 0xff) < 0x80)
      assert.equal(BigInt(`0x0${content.toString('hex')}`), BigInt(`0x0${Buffer.from(octets).toString('hex')}`))
    }),
    runs(300),
  )
})
