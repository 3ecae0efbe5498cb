import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { needPeer } from '../../../test/support/peers.ts'
import { fc, runs } from '../../../test/support/property.ts'
import { dummyOf, isPassword, isSlow, MAX_PASSWORD, matches, newHash, readHash, UnusableHash } from './hashes.ts'

/** Of "secret" where nothing else is said; made by htpasswd, mkpasswd and openssl. */
const HASHES: readonly (readonly [kind: string, text: string, password?: string])[] = [
  ['bcrypt', '$2b$05$10xKpodqqW44PdHvVsedfO8WBWX0PpDjZddlXNDdYqAnt1dppW8cC'],
  ['bcrypt', '$2y$05$Zw6yos9eLEihKE8Jv6QpW.3HRBhO9fWeOKdoX1wOf7akZ/wZO4FMO'],
  // Of crypt_blowfish's own tests, of all three marks, with bytes above 127.
  ['bcrypt', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', 'U*U'],
  ['bcrypt', '$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a', 'U*U*U'],
  ['sha256', '$5$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM.'],
  ['sha256', '$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5', 'Hello world!'],
  ['sha256', '$5$rounds=1000$abcdefgh$XIppta5rT8zJUu4vAOKQXrwq9uY4Ijlz6VjyOmkx5i4'],
  ['sha256', '$5$rounds=12345$abcdefgh$gHaa5vWDkGuwFJQO2hL5tZTH1FpvcNq67.gL8l96uLD', 'sécret'],
  ['sha512', '$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaNGStk8PSwGfQv72N2CKPPrVACtLtip/cZ/1GM/O6IND4WQhG.'],
  [
    'sha512',
    '$6$rounds=12345$abcdefgh$LR3dKfJSTY5NH29dbF52lsuBfpqiQ4uHIrKAiGYPO3nJ7ErWbx3Hqz/USrawnN5uzdra.8184QhWYUluE6Sus/',
    'sécret',
  ],
  ['apr1', '$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/'],
  ['sha1', '{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ='],
  ['plain', 'secret'],
  ['plain', '{PLAIN}secret'],
  ['plain', '{PLAIN}$6$x', '$6$x'],
  ['plain', Buffer.from('sécret').toString('latin1'), 'sécret'],
]

for (const [kind, text, password = 'secret'] of HASHES) {
  test(`${text.slice(0, 30)}… is ${kind}, and of one password`, () => {
    const hash = readHash(text, kind === 'plain')
    assert.equal(hash.kind, kind)
    assert.equal(matches(password, hash), true)
    for (const other of [
      `${password}x`,
      password.slice(1),
      password.toUpperCase().replace(/^S/, 's'),
      `${password}\0`,
      '',
    ]) {
      if (other !== password) assert.equal(matches(other, hash), false, JSON.stringify(other))
    }
  })

  test(`a dummy of ${text.slice(0, 30)}… is as much work, and of no password`, () => {
    const hash = readHash(text, kind === 'plain')
    const dummy = dummyOf(hash)
    assert.deepEqual(readHash(dummy.text, kind === 'plain'), dummy)
    assert.deepEqual([dummy.kind, dummy.work], [hash.kind, hash.work])
    if (kind !== 'plain') assert.equal(dummy.text.length, hash.text.length)
    assert.equal(matches(password, dummy), false)
    assert.notEqual(dummyOf(hash).text, dummy.text)
  })
}

const REFUSED: readonly (readonly [text: string, why: RegExp, plain?: boolean])[] = [
  ['uyDwOExPt0PNc', /looks like DES crypt/],
  ['secret', /plain text is taken only where the store says plain: true/],
  ['{PLAIN}secret', /plain text is taken only where the store says plain: true/],
  ['$1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/', /begin with \$1\$ are not taken/, true],
  ['$y$j9T$baRMokEA5vUldHS0k9Nk0.$nhS8x4z77lciHEZwCTAftwtcXRVIUc8dt3ipq9hP8u0', /begin with \$y\$/, true],
  ['$2x$05$10xKpodqqW44PdHvVsedfO8WBWX0PpDjZddlXNDdYqAnt1dppW8cC', /begin with \$2x\$/, true],
  ['{SSHA}c2FsdA==', /begin with \{SSHA\} are not taken/, true],
  ['{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ', /begins as SHA-1 does, and is damaged/, true],
  ['$2y$05$Zw6yos9eLEihKE8Jv6QpW.3HRBhO9fWeOKdoX1wOf7akZ/wZO4FM', /begins as bcrypt does, and is damaged/, true],
  ['$6$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM.', /begins as SHA-crypt does, and is damaged/, true],
  ['$apr1$abcdefgh$', /begins as Apache's MD5 does, and is damaged/, true],
  ['$2y$15$Zw6yos9eLEihKE8Jv6QpW.3HRBhO9fWeOKdoX1wOf7akZ/wZO4FMO', /15 is a cost of bcrypt .* 4 to 14 are/],
  ['$2y$03$Zw6yos9eLEihKE8Jv6QpW.3HRBhO9fWeOKdoX1wOf7akZ/wZO4FMO', /3 is a cost of bcrypt/],
  ['$5$rounds=999999999$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM.', /999999999 is a number of rounds/],
  ['$5$rounds=999$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM.', /1000 to 1000000 are/],
]

for (const [text, why, plain = false] of REFUSED) {
  test(`${text.slice(0, 30)}… is refused, and the sentence does not show it`, () => {
    assert.throws(
      () => readHash(text, plain),
      (error) => {
        assert.ok(error instanceof UnusableHash)
        assert.match(error.message, why)
        assert.match(error.message, /"oriel passwd" sets it anew$/)
        assert.ok(!error.message.includes(text) && !error.message.includes(text.slice(-8)), error.message)
        return true
      },
    )
  })
}

test('openssl makes the same of passwords of every length, so at the lengths of its digests', (t) => {
  const openssl = needPeer(t, 'openssl')
  if (openssl === undefined) return
  const passwords = [1, 15, 16, 17, 31, 32, 33, 63, 64, 65, MAX_PASSWORD].map((size) =>
    `é${'x'.repeat(size)}`.slice(-size),
  )
  passwords.push('é'.repeat(64), 'pass word', '\u{1f512}')
  for (const flag of ['-5', '-6', '-apr1']) {
    const made: string = spawnSync(openssl, ['passwd', flag, '-stdin'], {
      input: passwords.join('\n'),
      encoding: 'utf8',
    }).stdout
    const hashes = made.trim().split('\n')
    assert.equal(hashes.length, passwords.length)
    for (const [i, password] of passwords.entries()) {
      assert.ok(matches(password, readHash(hashes[i] ?? '', false)), `${flag} ${password}`)
    }
  }
})

test('a new hash is bcrypt of a usual cost, salted, with the mark that all programs know', () => {
  const [one, other] = [newHash('secret'), newHash('secret')]
  assert.match(one, /^\$2y\$10\$/)
  assert.notEqual(one, other)
  assert.ok(matches('secret', readHash(one, false)))
  const long = newHash('x'.repeat(100))
  assert.ok(matches('x'.repeat(72), readHash(long, false)), 'bcrypt takes the first 72 bytes')
  assert.ok(!matches('x'.repeat(71), readHash(long, false)))
})

test('what is no password is not worth hashing', () => {
  const cases = [
    ['', false],
    ['x', true],
    ['a\0b', false],
    ['x'.repeat(MAX_PASSWORD), true],
    ['é'.repeat(128), false],
  ] as const
  for (const [password, expected] of cases) assert.equal(isPassword(password), expected, password)
})

test('what takes microseconds needs no thread', () => {
  const slow = HASHES.filter(([kind, text]) => isSlow(readHash(text, kind === 'plain'))).map(([kind]) => kind)
  assert.deepEqual([...new Set(slow)].sort(), ['apr1', 'bcrypt', 'sha256', 'sha512'])
})

test('any text is a hash of some kind or refused by the one error', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary-ascii', minLength: 1 }),
    fc
      .constantFrom(...HASHES.map(([, one]) => one))
      .chain((one) =>
        fc
          .tuple(fc.nat(one.length), fc.string({ unit: 'binary-ascii', maxLength: 3 }))
          .map(([at, put]) => one.slice(0, at) + put + one.slice(at + 1)),
      ),
  )
  fc.assert(
    fc.property(text, fc.boolean(), (given, plain) => {
      if (given === '') return
      try {
        const hash = readHash(given, plain)
        assert.equal(hash.text, given)
        assert.deepEqual(readHash(dummyOf(hash).text, plain).work, hash.work)
      } catch (error) {
        assert.ok(error instanceof UnusableHash, String(error))
      }
    }),
    runs(2000),
  )
})
