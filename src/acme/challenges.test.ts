import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ChallengeMessage, Challenges } from './challenges.ts'

test('an answer is there while its challenge is pending, and no longer', () => {
  const challenges = new Challenges()
  const tell = (message: ChallengeMessage): void => challenges.apply(JSON.parse(JSON.stringify(message)))
  tell({ type: 'http-01', token: 'abc', answer: 'abc.def' })
  assert.deepEqual([challenges.httpPending, challenges.alpnPending], [true, false])
  assert.deepEqual(
    [challenges.http('abc'), challenges.http('ab'), challenges.http('constructor')],
    ['abc.def', undefined, undefined],
  )
  tell({ type: 'tls-alpn-01', name: 'a.example', answer: { cert: 'c', key: 'k' } })
  assert.deepEqual(challenges.alpn('a.example'), { cert: 'c', key: 'k' })
  assert.equal(challenges.alpn('b.example'), undefined)
  tell({ type: 'http-01', token: 'abc' })
  tell({ type: 'tls-alpn-01', name: 'a.example' })
  assert.deepEqual([challenges.httpPending, challenges.alpnPending], [false, false])
  assert.deepEqual([challenges.http('abc'), challenges.alpn('a.example')], [undefined, undefined])
  tell({ type: 'http-01', token: 'never put' })
})
