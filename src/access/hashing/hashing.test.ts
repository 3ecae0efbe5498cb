import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { makeFolder } from '../../../test/support/folder.ts'
import type { HttpError } from '../../message/errors.ts'
import { type PasswordHash, readHash } from '../stores/hashes.ts'
import { Hashing, hashing } from './hashing.ts'

const SOON = { timeout: 60_000 }
const QUICK = readHash('$2y$05$Zw6yos9eLEihKE8Jv6QpW.3HRBhO9fWeOKdoX1wOf7akZ/wZO4FMO', false)
const COSTLY = readHash('$2y$12$Zw6yos9eLEihKE8Jv6QpW.3HRBhO9fWeOKdoX1wOf7akZ/wZO4FMO', false)
const HERE = new URL('./hashing.js', import.meta.url).href

/** Threads that answer as they are told: `secret` matches, `die` ends them, of `wait` they say nothing. */
function scripted(most?: number): Hashing {
  const folder = makeFolder({
    'thread.mjs': `
      import { parentPort } from 'node:worker_threads'
      parentPort.on('message', ({ id, password }) => {
        if (password === 'die') throw new Error('the thread died')
        if (password === 'leave') process.exit()
        if (password !== 'wait') parentPort.postMessage({ id, matched: password === 'secret' })
      })`,
  })
  return new Hashing(most, pathToFileURL(join(folder, 'thread.mjs')))
}

function failed(code: string) {
  return (error: HttpError): boolean => {
    assert.deepEqual([error.status, error.code, error.headers?.get('retry-after')], [503, code, '2'])
    return true
  }
}

test('passwords are compared in another thread, several at once', SOON, async () => {
  const asked = ['secret', 'wrong', 'secret'].map((password) => hashing.matches(password, QUICK))
  assert.deepEqual(await Promise.all(asked), [true, false, true])
})

test('the event loop turns on while a costly hash is made', SOON, async () => {
  let over = false
  const asked = hashing.matches('secret', COSTLY).then((matched) => {
    over = true
    return matched
  })
  let turns = 0
  while (!over) {
    turns++
    await new Promise(setImmediate)
  }
  assert.equal(await asked, false)
  // Made on this thread it would be over in the first few.
  assert.ok(turns > 100, `${turns} turns`)
})

test('beyond as many as may wait the next is told to come again, and those that wait are answered', SOON, async () => {
  const few = new Hashing(2)
  const asked = [few.matches('secret', QUICK), few.matches('wrong', QUICK)]
  await assert.rejects(few.matches('secret', QUICK), failed('logins-full'))
  assert.deepEqual(await Promise.all(asked), [true, false])
  assert.equal(await few.matches('secret', QUICK), true)
})

for (const end of ['die', 'leave']) {
  test(`a thread that ends (${end}) fails those that wait, and another one is started`, SOON, async () => {
    const threads = scripted()
    const waiting = ['wait', end, 'wait'].map((password) =>
      assert.rejects(threads.matches(password, QUICK), failed('logins-failed')),
    )
    await Promise.all(waiting)
    assert.equal(await threads.matches('secret', QUICK), true)
  })
}

test('a thread that cannot start fails those that ask, each time', SOON, async () => {
  const threads = new Hashing(4, pathToFileURL(join(makeFolder(), 'nowhere.mjs')))
  for (let i = 0; i < 2; i++) await assert.rejects(threads.matches('secret', QUICK), failed('logins-failed'))
})

test('a process waits for an answer, and ends with the thread there', SOON, () => {
  const program = `
    const { hashing } = await import(${JSON.stringify(HERE)})
    console.log(await hashing.matches('secret', ${JSON.stringify(QUICK satisfies PasswordHash)}))`
  assert.equal(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }), 'true\n')
})
