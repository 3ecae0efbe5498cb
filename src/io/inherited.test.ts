import assert from 'node:assert/strict'
import { closeSync, mkdirSync, openSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from '../../test/support/folder.ts'
import type { ListenAddress } from './bound.ts'
import { type FoundSocket, findSocket, matchSockets, unixSocketAt } from './inherited.ts'

function found(fd: number, at: FoundSocket['at']): FoundSocket {
  return { fd, name: 'oriel.socket', at }
}

test('an entry has the socket that listens at its address', () => {
  const cases: readonly (readonly [entry: ListenAddress, at: FoundSocket['at']])[] = [
    [{ port: 80 }, { host: '127.0.0.1', port: 80 }],
    [
      { port: 80, host: '127.0.0.1' },
      { host: '127.0.0.1', port: 80 },
    ],
    [
      { port: 80, host: 'localhost' },
      { host: '127.0.0.1', port: 80 },
    ],
    [
      { port: 80, host: 'localhost' },
      { host: '::1', port: 80 },
    ],
    [
      { port: 443, host: '::' },
      { host: '::', port: 443 },
    ],
    [
      { port: 443, host: '0:0:0:0:0:0:0:0' },
      { host: '::', port: 443 },
    ],
    [
      { port: 443, host: '2001:DB8:0::1' },
      { host: '2001:db8::1', port: 443 },
    ],
    [
      { port: 443, host: '0.0.0.0' },
      { host: '0.0.0.0', port: 443 },
    ],
    [{ unix: '/run/a.sock' }, { unix: '/run/a.sock' }],
    [{ unix: '/run/a.sock', mode: '0660' }, { unix: undefined }],
  ]
  for (const [entry, at] of cases) {
    const other = { port: 1, host: '192.0.2.1' }
    assert.deepEqual(matchSockets([other, entry], [found(3, at)]), { listen: [other, { ...entry, fd: 3 }], faults: [] })
  }
})

test('each entry has one socket, in their order, and entries without one are opened as usual', () => {
  const sockets = [found(3, { host: '::', port: 443 }), found(4, { unix: '/b' }), found(5, { host: '::', port: 80 })]
  const listen = [{ port: 80, host: '::' }, { port: 81 }, { port: 443, host: '::' }, { unix: '/a' }, { unix: '/b' }]
  const { listen: places, faults } = matchSockets(listen, sockets)
  assert.deepEqual(
    places.map(({ fd }) => fd),
    [5, undefined, 3, undefined, 4],
  )
  assert.deepEqual(faults, [])
  assert.deepEqual(matchSockets(listen, []), { listen, faults: [] })
})

test('where the config says nothing, the sockets are where it listens', () => {
  const sockets = [found(3, { host: '::', port: 443 }), found(4, { unix: '/b' }), found(5, { unix: undefined })]
  assert.deepEqual(matchSockets(undefined, sockets), {
    listen: [
      { host: '::', port: 443, fd: 3 },
      { unix: '/b', fd: 4 },
      { unix: '(descriptor 5)', fd: 5 },
    ],
    faults: [],
  })
  assert.deepEqual(matchSockets(undefined, []), { listen: [], faults: [] })
})

test('a socket that no entry is for is told, with what to do', () => {
  const socket = 'the socket "oriel.socket" that systemd hands over (descriptor 3)'
  const cases: readonly (readonly [listen: ListenAddress[], at: FoundSocket['at'], text: string])[] = [
    [
      [{ port: 81 }, { unix: '/b' }],
      { host: '::', port: 80 },
      'is at :: port 80, and no entry of listen is: add { port: 80, host: "::" }, or take it out of the socket unit',
    ],
    [
      [{ port: 81 }, { port: 80, host: '0.0.0.0' }],
      { host: '::', port: 80 },
      'is at :: port 80, and no entry of listen is: an entry has 0.0.0.0 instead: write { port: 80, host: "::" }, or take it out of the socket unit',
    ],
    [
      [{ port: 80 }],
      { unix: '/a "b"' },
      'is at /a "b", and no entry of listen is: add { unix: "/a \\"b\\"" }, or take it out of the socket unit',
    ],
    [
      [],
      { unix: undefined },
      'is at a path that the system does not tell, and no entry of listen is: add { unix: "PATH" }, or take it out of the socket unit',
    ],
    [[{ port: 80 }], { wrong: 'is no socket' }, 'is no socket'],
  ]
  for (const [listen, at, text] of cases) {
    assert.deepEqual(matchSockets(listen, [found(3, at)]), { listen, faults: [`${socket} ${text}`] })
  }
  const twice = [found(3, { host: '::', port: 80 }), found(4, { host: '::', port: 80 })]
  assert.equal(matchSockets([{ port: 80, host: '::' }], twice).faults.length, 1)
})

test('a socket in a folder that has two names is known by both', { skip: process.platform === 'win32' }, () => {
  const folder = makeFolder()
  mkdirSync(join(folder, 'run'))
  symlinkSync('run', join(folder, 'var-run'))
  const entry = { unix: join(folder, 'var-run/a.sock') }
  const { listen } = matchSockets([entry], [found(3, { unix: join(folder, 'run/a.sock') })])
  assert.equal(listen[0]?.fd, 3)
  assert.equal(matchSockets([entry], [found(3, { unix: join(folder, 'run/b.sock') })]).faults.length, 1)
})

test('the path of a Unix socket is read from the table of the system, by inode', () => {
  const table = `Num       RefCount Protocol Flags    Type St Inode Path
0000000052f5861d: 00000003 00000000 00000000 0001 03  1057
0000000052f58611: 00000002 00000000 00010000 0001 01 31052 /run/a b.sock
ffff9b0052f58612: 00000002 00000000 00010000 0001 01 31053 @abstract
0000000052f58613: 00000002 00000000 00000000 0002 01 31054 /run/log
0000000052f58614: 00000002 00000000 00010000 0001 01 105
`
  const cases = [
    ['31052', { unix: '/run/a b.sock' }],
    ['31053', { unix: '@abstract' }],
    ['31054', { wrong: 'is no socket for streams: use ListenStream=' }],
    ['1057', { wrong: 'is a connection: say Accept=no' }],
    ['105', { unix: undefined }],
    ['1', { unix: undefined }],
  ] as const
  for (const [inode, at] of cases) assert.deepEqual(unixSocketAt(table, inode), at, inode)
})

test('a descriptor that is no socket is told', () => {
  const fd = openSync(import.meta.filename, 'r')
  assert.deepEqual(findSocket({ fd, name: 'a' }), { fd, name: 'a', at: { wrong: 'is no socket' } })
  closeSync(fd)
  const { at } = findSocket({ fd: 9999, name: 'a' })
  assert.match('wrong' in at ? at.wrong : '', /^is no socket that listens for streams \(EBADF/)
})
