import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startOf } from './command.ts'
import type { ApplicationSpec } from './specification.ts'

const SPEC = {
  command: ['/bin/sh', '$SOCKET', 'unix:$SOCKET,$SOCKET', '$SOCKETS', '$HOME'],
  env: {},
  limits: {},
  cwd: '/',
}
const WHO = { uid: 1, gid: 2, home: '/home/one', user: 'one', other: false }

function start(spec: object, who: object = {}): ReturnType<typeof startOf> {
  return startOf({ ...SPEC, ...spec } as unknown as ApplicationSpec, { ...WHO, ...who }, '/s', 't.1')
}

test('of an argument only $SOCKET is replaced', () => {
  assert.deepEqual(start({}).args, ['/s', 'unix:/s,/s', '/sS', '$HOME'])
})

test('the environment is what is given, and what every program needs', () => {
  const { PATH, HOME } = process.env
  const needed = { PATH, HOME, LANG: process.env['LANG'] ?? 'C.UTF-8', SOCKET: '/s', ORIEL_PROCESS: 't.1' }
  assert.deepEqual(start({}).env, needed)
  const given = { PATH: '/bin', HOME: '/', LANG: 'C', SOCKET: 'x', ORIEL_PROCESS: 'x', MORE: '1' }
  assert.deepEqual(start({ env: given }).env, { ...given, SOCKET: '/s', ORIEL_PROCESS: 't.1' })
  assert.equal(start({}, { other: true }).env['HOME'], '/home/one')
})

test('a program is looked for in the PATH that it is given', () => {
  assert.equal(start({ command: ['sh'], env: { PATH: '/nowhere:/bin' } }).file, '/bin/sh')
  assert.equal(start({ command: ['./sh'], cwd: '/bin' }).file, '/bin/sh')
  assert.throws(() => start({ command: ['sh'], env: { PATH: '/nowhere' } }), /there is no program sh in PATH/)
})

test('somebody else is become by the start itself where no program does more', () => {
  assert.deepEqual(start({}, { other: true, user: undefined }).become, { uid: 1, gid: 2 })
  assert.equal(start({}).become, undefined)
})
