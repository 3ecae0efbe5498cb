import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { wsgiCommand, wsgiModule } from './command.ts'
import { wsgiApplicationOf } from './specification.ts'

test('the host of this package is started by its path, with the application and its socket', () => {
  const { command, cwd, env, protocol, connections, ahead } = wsgiCommand(
    { module: 'mysite.wsgi:application' },
    '/srv/site',
  )
  const [python, host = '', ...rest] = command
  assert.equal(python, 'python3')
  assert.ok(existsSync(join(host, '__main__.py')), host)
  assert.deepEqual(rest, ['mysite.wsgi:application', '--socket', '$SOCKET', '--threads', '1', '--grace', '10'])
  assert.deepEqual([cwd, env, protocol, connections, ahead], ['/srv/site', {}, 'fastcgi', 1, 15])
})

test('paths are taken from the folder of the config; a name of Python is looked for on PATH', () => {
  const command = (python: string) => wsgiCommand({ module: 'a', python, path: 'site' }, '/srv')
  assert.equal(command('venv/bin/python').command[0], '/srv/venv/bin/python')
  assert.equal(command('/usr/bin/python3').command[0], '/usr/bin/python3')
  assert.equal(command('python3.12').command[0], 'python3.12')
  assert.equal(command('python3').cwd, '/srv/site')
})

test('several processes are told, as is the time they have to stop', () => {
  const words = (processes: number | { min: number; max: number }) =>
    wsgiCommand({ module: 'a', processes, threads: 4, timeouts: { stop: 2500 } }, '/').command.slice(5)
  assert.deepEqual(words(1), ['--threads', '4', '--grace', '2.5'])
  assert.deepEqual(words(2), ['--threads', '4', '--grace', '2.5', '--multiprocess'])
  assert.deepEqual(words({ min: 1, max: 3 }), ['--threads', '4', '--grace', '2.5', '--multiprocess'])
})

test('what is called is a module, a name in it, or a call', () => {
  for (const good of ['a', 'a.b', 'a.b:c', 'a:b.c', 'a:make()', 'a.b:c.d()', 'grüße:übung'])
    assert.equal(wsgiModule(good), good)
  const cases: [string, RegExp][] = [
    ['', /names no module/],
    ['a b', /expected such as mysite.wsgi:application/],
    ['--help', /names no module/],
    ['a:', /names no module/],
    ['a:b(1)', /names no module/],
    ['mysite/wsgi.py', /is it mysite.wsgi:application\?/],
    ['./app.py:make()', /is it app:make\(\)\?/],
    ['app.py', /is it app:application\?/],
  ]
  for (const [bad, message] of cases) assert.throws(() => wsgiModule(bad), message, bad)
})

test('one that says the same is the same application, and another number of threads makes another', () => {
  const key = (threads: number) => wsgiApplicationOf({ module: 'a:b', threads }, '/srv').key
  assert.equal(wsgiApplicationOf('a:b', '/srv').key, key(1))
  assert.notEqual(key(1), key(2))
  assert.equal(wsgiApplicationOf('a:b', '/srv').name, 'wsgi a:b')
})
