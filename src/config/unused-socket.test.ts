import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeFolder } from '../../test/support/folder.ts'
import { applicationOf } from '../resource/app/specification.ts'
import { checkApplications } from './applications.ts'
import { socketWarnings, unusedSocket } from './unused-socket.ts'

const base = makeFolder({ 'puma/config/puma.rb': '' })

for (const [command, certain] of [
  ['uvicorn main:app', true],
  ['/usr/bin/python3 -m uvicorn --uds {SOCKET} main:app', true],
  ['./start.sh uvicorn', false],
  ['poetry run gunicorn site.wsgi', false],
  ['bundle exec puma -e production', false],
  ['/usr/sbin/php-fpm8.2 -F', false],
  ['uwsgi --http-socket :9000', false],
  ['gunicorn --bind unix:$SOCKET site.wsgi', undefined],
  ['gunicorn -c own.py site.wsgi', undefined],
  ['gunicorn --config=own.py site.wsgi', undefined],
  ['php-fpm -F -y own.conf', undefined],
  ['uwsgi own.ini', undefined],
  ['uwsgi --ini own', undefined],
  ['node server.mjs', undefined],
  ["sh -c 'exec gunicorn --bind unix:$SOCKET a'", undefined],
] as const) {
  test(`${command}: ${certain === undefined ? 'nothing is said' : certain ? 'it can never work' : 'a warning'}`, () => {
    const found = unusedSocket(applicationOf(command, base))
    assert.equal(found?.certain, certain)
    assert.equal(socketWarnings({ routes: [{ match: '/*', app: command }] }, base).length, found === undefined ? 0 : 1)
    if (found !== undefined) assert.match(found.told, /nowhere in its command: give [\w-]+ .*\$SOCKET/)
  })
}

test('a config of its own that a server finds by itself may tell it', () => {
  assert.equal(unusedSocket(applicationOf({ command: 'puma', path: 'puma' }, base)), undefined)
  assert.equal(unusedSocket(applicationOf({ command: 'puma' }, base))?.certain, false)
})

test('what can never work is refused', () => {
  const folder = makeFolder({ uvicorn: '#!/bin/sh\n' })
  process.getBuiltinModule('node:fs').chmodSync(`${folder}/uvicorn`, 0o755)
  const check = (app: string): void => checkApplications({ routes: [{ match: '/*', app }] }, folder, { name: 'test' })
  assert.throws(() => check('./uvicorn main:app'), /routes\[0\]\.app: \$SOCKET, .* give uvicorn --uds \$SOCKET/)
  check('./uvicorn --uds $SOCKET main:app')
})
