import assert from 'node:assert/strict'
import { test } from 'node:test'
import { targetOf } from './target.ts'

for (const [text, key, secure] of [
  ['http://h', 'h:80', false],
  ['http://h:8080/', 'h:8080', false],
  ['HTTP://127.0.0.1:1', '127.0.0.1:1', false],
  ['http://[::1]:80', '[::1]:80', false],
  ['unix:/run/a.sock', 'unix:/run/a.sock', false],
] as const) {
  test(`${text} is an address`, () => {
    const target = targetOf(text, undefined)
    assert.deepEqual([target.text, target.key, target.secure], [text, key, secure])
  })
}

for (const text of [
  '',
  'h',
  'h:80',
  'unix:',
  'http://',
  'http://h:0',
  'http://h:65536',
  'http://h/path',
  'http://u@h',
  'http://h?q',
  'ftp://h',
  'http:///',
  'http://h h',
]) {
  test(`${JSON.stringify(text)} is no address`, () => assert.throws(() => targetOf(text, undefined), TypeError))
}

test('targets that differ in how they are proved are two, those that do not are one', () => {
  const key = (tls: object): string => targetOf('https://h', tls).key
  assert.equal(key({}), key({ serverName: 'h' }))
  assert.notEqual(key({}), key({ verify: false }))
  assert.notEqual(key({}), key({ serverName: 'other' }))
})

test('a certificate that is none is told when the options are given', () => {
  assert.throws(() => targetOf('https://h', { cert: 'x', key: 'y' }), /^TypeError: https:\/\/h: its tls options/)
})
