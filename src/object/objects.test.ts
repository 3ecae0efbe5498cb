import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foldObjects } from './folded.ts'
import { LocalServer } from './local-server.ts'
import { type MountedServer, Objects } from './objects.ts'

function mounted(handle: string, more: Omit<MountedServer, 'server'> = {}): MountedServer {
  return { server: new LocalServer(handle, foldObjects({})), ...more }
}

function reached(objects: Objects, object: string): string[] {
  return objects.names.filter((name) => objects.reachable(object, name))
}

test('an object is found by its address, and what is none is refused with what may be meant', () => {
  const objects = new Objects({ paul: mounted('a'), anna: mounted('b') })
  assert.deepEqual(objects.names, ['paul', 'anna'])
  const { object, name, server } = objects.find('echo@paul')
  assert.deepEqual([object, name, server.handle], ['echo', 'paul', 'a'])
  const refused: readonly (readonly [string, RegExp])[] = [
    ['echo@pual', /^echo@pual: there is no object server pual; did you mean "echo@paul"\?$/],
    ['echo@somebody', /there is no object server somebody; there are paul, anna$/],
    ['echo', /names no object/],
    ['echo@paul@paul', /names no object/],
    ['../x@paul', /is no name of an object/],
    ['info@paul', /cannot be called info/],
    ['echo@root', /cannot be called root/],
  ]
  for (const [address, message] of refused) {
    assert.throws(() => objects.find(address), { name: 'TypeError', message })
    assert.throws(() => objects.handler(address), { name: 'TypeError', message })
    assert.throws(() => objects.claim(address), { name: 'TypeError', message })
  }
  assert.throws(() => new Objects({}).find('echo@paul'), /there is no object server paul; there are none/)
})

test('a name that objects inherit is no server', () => {
  const objects = new Objects({ paul: mounted('a') })
  assert.equal(objects.server('constructor'), undefined)
  assert.equal(objects.reachable('echo', '__proto__'), false)
})

test('an object that something names answers by its URL no more, by none of the names of its server', () => {
  const servers = {
    paul: mounted('a'),
    same: mounted('x', { ends: ['a'] }),
    anna: mounted('b'),
    all: mounted('a, b', { ends: ['a', 'b'] }),
    moira: mounted('c'),
  }
  const objects = new Objects(servers)
  assert.deepEqual(reached(objects, 'echo'), ['paul', 'same', 'anna', 'all', 'moira'])
  objects.claim('echo@paul')
  assert.deepEqual(reached(objects, 'echo'), ['anna', 'moira'])
  assert.deepEqual(reached(objects, 'other'), ['paul', 'same', 'anna', 'all', 'moira'])
  const byAlias = new Objects(servers)
  byAlias.claim('echo@all')
  assert.deepEqual(reached(byAlias, 'echo'), ['moira'])
})

test('what a server says of its URLs counts for itself, and what it takes away for its other names too', () => {
  const objects = new Objects({
    paul: mounted('a', { url: ['echo'] }),
    anna: mounted('b', { url: false }),
    moira: mounted('c', { url: true }),
    all: mounted('a, b, c', { ends: ['a', 'b', 'c'] }),
    some: mounted('a, c', { ends: ['a', 'c'] }),
    said: mounted('b', { url: true }),
    none: mounted('d', { url: [] }),
  })
  for (const address of ['echo@paul', 'echo@moira', 'gate@paul']) objects.claim(address)
  assert.deepEqual(reached(objects, 'echo'), ['paul', 'moira', 'said'])
  assert.deepEqual(reached(objects, 'other'), ['moira', 'said'])
  assert.deepEqual(reached(objects, 'gate'), ['moira', 'said'])
  assert.deepEqual(
    objects.names.filter((name) => objects.isHidden(name)),
    ['anna', 'none'],
  )
  assert.deepEqual(objects.namesBeside('some'), ['paul', 'all', 'moira'])
  assert.deepEqual(objects.namesBeside('none'), [])
})
