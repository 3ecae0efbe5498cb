import assert from 'node:assert/strict'
import { test } from 'node:test'
import { branded, HTTP_ERROR } from './brands.ts'
import { AuthenticationFailed, AuthorizationRequired, Forbidden, HttpError } from './errors.ts'

test('an HttpError has a status and, as its message, the reason phrase or what the client may see', () => {
  const plain = new HttpError(404)
  assert.deepEqual([plain.status, plain.message, plain.detail, plain.code], [404, 'Not Found', undefined, undefined])
  assert.deepEqual(
    [plain.headers, plain.cause, 'cause' in plain, plain.name],
    [undefined, undefined, false, 'HttpError'],
  )
  const cause = new Error('disk')
  const full = new HttpError(503, { detail: 'Later.', code: 'busy', headers: { 'Retry-After': '5' }, cause })
  assert.deepEqual(
    [full.status, full.message, full.detail, full.code, full.headers?.get('retry-after'), full.cause],
    [503, 'Later.', 'Later.', 'busy', '5', cause],
  )
  assert.ok(full instanceof Error)
  assert.equal(branded(full, HTTP_ERROR), true)
})

for (const status of [0, 200, 304, 399, 600, 404.5, Number.NaN, '404' as never]) {
  test(`${String(status)} (${typeof status}) is no status of an error`, () => {
    assert.throws(() => new HttpError(status), RangeError)
  })
}

test('a bad field is refused when the error is made, and not when it is answered', () => {
  assert.throws(() => new HttpError(401, { headers: { 'WWW-Authenticate': 'x\r\nX-Evil: 1' } }), TypeError)
})

for (const [error, status, code, name] of [
  [new Forbidden(), 403, 'forbidden', 'Forbidden'],
  [new AuthorizationRequired(), 401, 'authorization-required', 'AuthorizationRequired'],
] as const) {
  test(`${name} is answered ${status}`, () => {
    assert.deepEqual([error.status, error.code, error.name], [status, code, name])
    assert.ok(error instanceof HttpError)
    assert.equal(branded(error, HTTP_ERROR), true)
  })
}

test('Forbidden and AuthorizationRequired take what an HttpError takes', () => {
  const forbidden = new Forbidden({ detail: 'Not you.', code: 'own' })
  assert.deepEqual([forbidden.detail, forbidden.code], ['Not you.', 'own'])
  const required = new AuthorizationRequired({ headers: { 'WWW-Authenticate': 'Basic' } })
  assert.equal(required.headers?.get('www-authenticate'), 'Basic')
})

test('AuthenticationFailed shapes no answer by itself', () => {
  const error = new AuthenticationFailed('no such user')
  assert.deepEqual(
    [error.name, error.message, error instanceof HttpError],
    ['AuthenticationFailed', 'no such user', false],
  )
  assert.equal(branded(error, HTTP_ERROR), false)
})
