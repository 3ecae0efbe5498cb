import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inheritedSockets, watchdogInterval } from './systemd.ts'

test('the sockets that were handed over are numbered from 3 on, with their names', () => {
  const cases = [
    [{}, []],
    [{ LISTEN_FDS: '2' }, []],
    [{ LISTEN_PID: '8', LISTEN_FDS: '2' }, []],
    [{ LISTEN_PID: '7' }, []],
    [{ LISTEN_PID: '7', LISTEN_FDS: '0' }, []],
    [{ LISTEN_PID: '7', LISTEN_FDS: '1' }, [{ fd: 3, name: 'unknown' }]],
    [
      { LISTEN_PID: '7', LISTEN_FDS: '2', LISTEN_FDNAMES: 'a.socket:' },
      [
        { fd: 3, name: 'a.socket' },
        { fd: 4, name: '' },
      ],
    ],
  ] as const
  for (const [env, sockets] of cases) assert.deepEqual(inheritedSockets({ ...env }, 7), sockets, JSON.stringify(env))
})

test('the variables are gone afterwards, whosever they were, and no others', () => {
  for (const pid of ['7', '8']) {
    const env = {
      LISTEN_PID: pid,
      LISTEN_FDS: '1',
      LISTEN_FDNAMES: 'a',
      LISTEN_PIDFDID: '9',
      WATCHDOG_PID: pid,
      PATH: 'x',
    }
    inheritedSockets(env, 7)
    assert.deepEqual(env, { WATCHDOG_PID: pid, PATH: 'x' })
    watchdogInterval({ ...env, WATCHDOG_USEC: '5' }, 7)
  }
  const env = { WATCHDOG_USEC: '5', WATCHDOG_PID: '8', PATH: 'x' }
  watchdogInterval(env, 7)
  assert.deepEqual(env, { PATH: 'x' })
})

test('variables that make no sense are told', () => {
  const cases = [
    [
      { LISTEN_PID: 'x', LISTEN_FDS: '1' },
      'the environment says LISTEN_PID="x": expected a whole number up to 2147483648',
    ],
    [{ LISTEN_PID: '7', LISTEN_FDS: '-1' }, 'the environment says LISTEN_FDS="-1": expected a whole number up to 1024'],
    [{ LISTEN_PID: '7', LISTEN_FDS: '' }, 'the environment says LISTEN_FDS="": expected a whole number up to 1024'],
    [{ LISTEN_PID: '7', LISTEN_FDS: '1e3' }, /LISTEN_FDS="1e3"/],
    [{ LISTEN_PID: '7', LISTEN_FDS: '4000000000' }, /LISTEN_FDS="4000000000"/],
    [{ LISTEN_PID: '7', LISTEN_FDS: '2', LISTEN_FDNAMES: 'a' }, 'LISTEN_FDNAMES names 1 socket, LISTEN_FDS says 2'],
    [{ LISTEN_PID: '7', LISTEN_FDS: '1', LISTEN_FDNAMES: 'a:b' }, 'LISTEN_FDNAMES names 2 sockets, LISTEN_FDS says 1'],
  ] as const
  for (const [env, message] of cases) assert.throws(() => inheritedSockets({ ...env }, 7), { message })
  for (const text of ['', 'x', '-5', '1.5']) {
    assert.throws(() => watchdogInterval({ WATCHDOG_USEC: text }, 7), /WATCHDOG_USEC=/)
  }
})

test('the watchdog is fed twice in its time, by the process that it asks', () => {
  const cases = [
    [{}, undefined],
    [{ WATCHDOG_USEC: '30000000' }, 15_000],
    [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' }, 15_000],
    [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8' }, undefined],
    [{ WATCHDOG_USEC: '0' }, undefined],
    [{ WATCHDOG_USEC: '1' }, 1],
    [{ WATCHDOG_USEC: '9007199254740991' }, 2 ** 31 - 1],
  ] as const
  for (const [env, milliseconds] of cases) assert.equal(watchdogInterval({ ...env }, 7), milliseconds)
})
