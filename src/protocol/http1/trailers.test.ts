import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mayTrail } from './trailers.ts'

test('fields of framing, routing, rights and form do not trail, in any case (RFC 9110 §6.5.1)', () => {
  const names = [
    ...['Content-Length', 'transfer-encoding', 'HOST', 'Content-Type', 'Content-Encoding', 'Content-Range', 'Trailer'],
    ...['Connection', 'Upgrade', 'Set-Cookie', 'Authorization', 'Proxy-Authorization', 'If-Match', 'Range', 'Location'],
    ...['X-Forwarded-For', 'Forwarded', 'Cache-Control', 'Vary', 'Date', 'Retry-After', 'WWW-Authenticate'],
  ]
  for (const name of names) assert.equal(mayTrail(name), false, name)
})

test('others may, those that only begin or end like them too', () => {
  const names = ['Server-Timing', 'ETag', 'Digest', 'X-Checksum', 'Grpc-Status', 'X-Content-Type', 'Hosting', 'Dated']
  for (const name of names) assert.equal(mayTrail(name), true, name)
})
