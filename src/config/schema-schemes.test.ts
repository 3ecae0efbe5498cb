import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as v from 'valibot'
import { certificateValue, forwardValue, headerObject } from './schema-schemes.ts'

const GOOD: readonly (readonly [v.GenericSchema, unknown])[] = [
  [certificateValue, true],
  [certificateValue, {}],
  [certificateValue, { name: 'san-email', groups: 'OU' }],
  [certificateValue, { groups: { joe: ['staff'] } }],
  [headerObject, { header: 'X-Remote-User', from: ['10.0.0.0/8', 'unix'], groups: 'X-Remote-Groups' }],
  [forwardValue, 'http://127.0.0.1:4180/auth'],
  [
    forwardValue,
    { address: 'unix:auth.sock', path: '/auth', user: 'X-User', fields: ['X-Key'], timeouts: { total: 1 } },
  ],
  [forwardValue, { address: 'https://auth.example/', tls: { verify: false } }],
]

for (const [schema, given] of GOOD) {
  test(`${JSON.stringify(given)} is taken`, () => assert.ok(v.is(schema, given)))
}

const BAD: readonly (readonly [v.GenericSchema, unknown])[] = [
  [certificateValue, false],
  [certificateValue, { name: 'cn' }],
  [certificateValue, { groups: 'CN' }],
  [certificateValue, { user: 'CN' }],
  [headerObject, { header: 'X-Remote-User' }],
  [headerObject, { header: 'X-Remote-User', from: [] }],
  [headerObject, { header: 'X-Remote-User', from: ['everywhere'] }],
  [headerObject, { header: 'X Remote', from: ['unix'] }],
  [forwardValue, 'auth:80'],
  [forwardValue, {}],
  [forwardValue, { address: 'http://a', fields: ['Host'] }],
  [forwardValue, { address: 'http://a', path: 'auth' }],
  [forwardValue, { address: 'http://a', timeouts: { firstByte: -1 } }],
]

for (const [schema, given] of BAD) {
  test(`${JSON.stringify(given)} is refused`, () => assert.ok(!v.is(schema, given)))
}
