import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from '../../../test/support/folder.ts'
import type { FoundSocket } from '../../io/inherited.ts'
import { isExposed } from './exposed.ts'
import { type PublishPlace, placeOf } from './place.ts'

test('what the program says comes first, then the socket that Oriel has for it', () => {
  const env = { ORIEL_PUBLISH: '1', SOCKET: '/run/a.sock' }
  assert.deepEqual(placeOf('paul', 'unix:/b', env), { listen: 'unix:/b', byHand: false })
  assert.deepEqual(placeOf('paul', undefined, env), { listen: 'unix:/run/a.sock', byHand: false })
})

const NONE = (): FoundSocket => ({ fd: 0, name: '', at: { wrong: 'is no socket' } })

/** Started by hand. */
function byHand(env: NodeJS.ProcessEnv): PublishPlace {
  return placeOf('paul', undefined, env, NONE)
}

test('then a socket that somebody hands over, and its address is known', () => {
  const found = (at: FoundSocket['at']): unknown => placeOf('paul', undefined, {}, () => ({ fd: 0, name: '', at }))
  const there = (handedOver: string | undefined): unknown => ({ listen: undefined, handedOver, byHand: false })
  assert.deepEqual(found({ unix: '/run/a.sock' }), there('unix:/run/a.sock'))
  assert.deepEqual(found({ unix: undefined }), there(undefined))
  assert.deepEqual(found({ host: '127.0.0.1', port: 9000 }), there('127.0.0.1:9000'))
  assert.deepEqual(found({ host: '::1', port: 9000 }), there('[::1]:9000'))
})

test('a SOCKET that is not meant for objects is not taken', () => {
  const runtime = makeFolder()
  const place = byHand({ SOCKET: '/run/a.sock', XDG_RUNTIME_DIR: runtime })
  assert.deepEqual(place, { listen: { unix: join(runtime, 'oriel/paul.sock'), mode: '600' }, byHand: true })
  assert.equal(statSync(join(runtime, 'oriel')).mode & 0o777, 0o700)
})

test('a folder into which others may put something is refused, with what to do', () => {
  const runtime = makeFolder()
  mkdirSync(join(runtime, 'oriel'))
  chmodSync(join(runtime, 'oriel'), 0o777)
  assert.throws(() => byHand({ XDG_RUNTIME_DIR: runtime }), /is not this user's alone: say where/)
})

test('where XDG_RUNTIME_DIR is not there, the folder for temporary files has the socket', () => {
  const { listen } = byHand({ XDG_RUNTIME_DIR: join(makeFolder(), 'gone') })
  assert.match((listen as { unix: string }).unix, /oriel-\d+\/paul\.sock$/)
})

const ADDRESSES: readonly (readonly [address: string, exposed: boolean])[] = [
  ['unix:/run/a.sock', false],
  ['descriptor 0', false],
  ['127.0.0.1:9000', false],
  ['[::1]:9000', false],
  ['0.0.0.0:9000', true],
  ['[::]:9000', true],
  ['192.0.2.1:80', true],
]

for (const [address, exposed] of ADDRESSES) {
  test(`${address} is ${exposed ? '' : 'not '}for other machines`, () => {
    assert.equal(isExposed(address, undefined, {}), exposed)
    assert.equal(isExposed(address, ['10.0.0.7'], {}), false)
    assert.equal(isExposed(address, undefined, { FCGI_WEB_SERVER_ADDRS: '10.0.0.7' }), false)
  })
}
