import assert from 'node:assert/strict'
import { test } from 'node:test'
import { certificate } from '../../test/support/certificates.ts'
import { certificateWarnings } from './expiry.ts'

const DAY = 86_400_000

test('a certificate that has ended, or not yet begun, is told', (t) => {
  const files = certificate(t, 'ending.test')
  if (files === undefined) return
  const told = (days: number) =>
    certificateWarnings([{ tls: [files, files] }, { port: 1 }, { tls: 'acme' }], Date.now() + days * DAY)
  assert.deepEqual(told(0), [])
  assert.match(
    told(3).join(),
    /^\S+\.pem ended on \d{4}-\d\d-\d\d: clients refuse it\. Renew it, then "oriel reload"\.$/,
  )
  assert.match(
    told(-1).join(),
    /^\S+\.pem begins on \d{4}-\d\d-\d\d: clients refuse it till then\. Is the clock right\?$/,
  )
})

test('what is no certificate is left to whoever serves it', () => {
  assert.deepEqual(certificateWarnings([{ tls: [{ cert: '/no/such.pem', key: '/no/such.key' }] }]), [])
  assert.deepEqual(certificateWarnings([{ tls: [{ cert: import.meta.filename, key: 'x' }] }]), [])
})
