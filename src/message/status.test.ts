import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isBodiless, reasonPhrase } from './status.ts'

test('registered statuses have their reason phrase, others none (RFC 9110 §15)', () => {
  assert.equal(reasonPhrase(200), 'OK')
  assert.equal(reasonPhrase(413), 'Content Too Large')
  assert.equal(reasonPhrase(422), 'Unprocessable Content')
  assert.equal(reasonPhrase(299), '')
  assert.equal(reasonPhrase(599), '')
})

test('1xx, 204, 205 and 304 never have content (RFC 9110 §6.4.1, §15.3.6)', () => {
  const bodiless = Array.from({ length: 500 }, (_, i) => i + 100).filter(isBodiless)
  assert.deepEqual(bodiless, [...Array.from({ length: 100 }, (_, i) => i + 100), 204, 205, 304])
})
