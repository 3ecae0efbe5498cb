import assert from 'node:assert/strict'
import { test } from 'node:test'
import { folded, isOwn, tellsOfUser } from './identity-fields.ts'

for (const name of [
  'Remote-User',
  'REMOTE_USER',
  'Remote-Groups',
  'X-Remote-User',
  'X_Remote.User',
  'X-Remote-Email',
  'Auth-Type',
  'Auth-User',
  'X-Auth-User',
  'X-Authenticated-User',
  'X-Authenticated-Userid',
  'X-Auth-Request-User',
  'X-Auth-Request-Preferred-Username',
  'X-Auth-Request-Access-Token',
  'X-Forwarded-User',
  'X-Forwarded-Groups',
  'X-WEBAUTH-USER',
  'X-WEBAUTH-FULLNAME',
  'X-Webauth-Role',
  'X-authentik-username',
  'Tailscale-User-Login',
  'X-Consumer-Username',
  'X-Consumer-Custom-ID',
  'OIDC_CLAIM_email',
  'Shib-Session-ID',
  'PHP-AUTH-USER',
  'Logon-User',
  'SM_USER',
  'iv-user',
  'X-SSL-Client-S-DN',
  'SSL-Client-Verify',
  'X-Client-Cert',
  'Client-Cert',
  'Client-Cert-Chain',
  'X-Forwarded-Client-Cert',
  'X-Forwarded-Tls-Client-Cert-Info',
  'X-Goog-Authenticated-User-Email',
  'X-MS-CLIENT-PRINCIPAL-NAME',
]) {
  test(`${name} tells of a user`, () => assert.equal(tellsOfUser(folded(name)), true))
}

for (const name of [
  'Authorization',
  'Cookie',
  'User-Agent',
  'From',
  'Remote-Addr',
  'X-Request-Id',
  'X-Forwarded-For',
  'X-User-Timezone',
  'X-CSRF-Token',
  'X-Auth-Token',
  'X-Client-Version',
  'Sec-Fetch-User',
]) {
  test(`${name} does not`, () => assert.equal(tellsOfUser(folded(name)), false))
}

test('a site without guards knows nobody, one with guards also by fields of its own', () => {
  assert.equal(isOwn('remote-user', undefined), false)
  const own = { fields: new Set(['x-team']) }
  assert.deepEqual(
    ['remote-user', 'x-team', 'x-other'].map((name) => isOwn(name, own)),
    [true, true, false],
  )
})
