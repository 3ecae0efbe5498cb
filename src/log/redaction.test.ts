import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logRecord } from '../../test/support/log-record.ts'
import { formatOf } from './format.ts'
import { redactionOf } from './redaction.ts'

test('secrets in a query are hidden, however they are spelled, and nothing else is', () => {
  const cases: readonly (readonly [uri: string, told: string])[] = [
    ['/a', '/a'],
    ['/a?b=c&page=2', '/a?b=c&page=2'],
    ['/a?password=x', '/a?password=***'],
    ['/a?b=1&PassWord=x&c=2', '/a?b=1&PassWord=***&c=2'],
    ['/a?pass%77ord=x', '/a?pass%77ord=***'],
    ['/a?user%5Bpassword%5D=x&user[pwd]=y', '/a?user%5Bpassword%5D=***&user[pwd]=***'],
    ['/a?access_token=x&id-token=y&refreshToken=z', '/a?access_token=***&id-token=***&refreshToken=***'],
    ['/a?client_secret=x&api_key=y&apikey=z&key=k', '/a?client_secret=***&api_key=***&apikey=***&key=***'],
    ['/a?X-Amz-Signature=x&sig=y&code=z&session=s', '/a?X-Amz-Signature=***&sig=***&code=***&session=***'],
    ['/a?password=x;y&b=2', '/a?password=***&b=2'],
    ['/a?b=1;password=x', '/a?b=1;password=***'],
    ['/a?b?token=x', '/a?b?token=***'],
    ['/a?token=x=y?z', '/a?token=***'],
    ['/a?token=', '/a?token=***'],
    ['/a?token&keyboard=1&monkey=2&passage=3&signal=4', '/a?token&keyboard=1&monkey=2&passage=3&signal=4'],
    ['/token=x', '/token=x'],
    ['/a?new_password2=x&password_confirmation=y&pwd1=z', '/a?new_password2=***&password_confirmation=***&pwd1=***'],
    ['/a?secret_key=x&pw=y&Bearer=z&SAMLResponse=s', '/a?secret_key=***&pw=***&Bearer=***&SAMLResponse=***'],
    ['/a?authorization=x&authority=y', '/a?authorization=***&authority=y'],
  ]
  for (const [given, told] of cases) assert.equal(redactionOf().uri(given), told)
})

test('a referrer has no password before its host, and no token in its fragment', () => {
  const cases: readonly (readonly [referrer: string | undefined, told: string | undefined])[] = [
    [undefined, undefined],
    ['http://h/a?b=1', 'http://h/a?b=1'],
    ['http://u:p@h/a?token=x', 'http://***@h/a?token=***'],
    ['http://h/a#access_token=x&b=1', 'http://h/a#access_token=***&b=1'],
    ['http://h/@x', 'http://h/@x'],
  ]
  for (const [given, told] of cases) assert.equal(redactionOf().referrer(given), told)
})

test('fields with secrets are hidden, those of the config too; other fields lose what is secret in a query', () => {
  const redaction = redactionOf({ fields: ['X-Key'], query: ['Pet-Name'] })
  for (const name of ['authorization', 'cookie', 'set-cookie', 'proxy-authorization', 'x-key']) {
    assert.deepEqual([redaction.field(name, 'x'), redaction.field(name, undefined)], ['***', undefined])
  }
  assert.equal(redaction.field('location', '/a?token=x'), '/a?token=***')
  assert.equal(redaction.uri('/a?petname=x&b=1'), '/a?petname=***&b=1')
})

test('no format tells a secret unless it is told to', () => {
  const record = logRecord({
    uri: '/a?password=swordfish',
    referrer: 'http://u:swordfish@h/?token=swordfish',
    requestField: () => 'Basic swordfish',
    responseField: () => 'sid=swordfish',
  })
  const template = '{uri} {referrer} {>authorization} {>cookie} {>Proxy-Authorization} {<set-cookie}'
  const own = ({ uri, referrer, requestField }: typeof record): string =>
    `${uri} ${referrer} ${requestField('Authorization')}`
  for (const format of ['common', 'combined', 'json', { template }, own] as const) {
    assert.ok(!formatOf({ format })(record).includes('swordfish'))
    assert.ok(formatOf({ format, redact: false })(record).includes('swordfish'))
  }
})
