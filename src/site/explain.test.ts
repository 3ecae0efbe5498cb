import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HttpError } from '../message/errors.ts'
import type { Handler } from '../message/interface.ts'
import { explaining } from '../resource/explain.ts'
import type { Route } from './route.ts'
import { Site } from './site.ts'

const never = (): Handler => () => assert.fail('a resource was called')
const access = { scheme: { identify: () => assert.fail('a guard was called'), challenge: () => 'X' } }
const when = (): boolean => assert.fail('a predicate was called')

const routes: Route[] = [
  { match: { path: '/a/:id', method: 'PUT' }, resource: never() },
  {
    match: '/a/*',
    access,
    rewrite: '/b/*',
    resource: explaining(never(), async (request) => [['sees', request.path]]),
  },
  { match: { path: '/w', when }, respond: 'x' },
  { match: '/w', redirect: '/a' },
  { match: { path: '/p', when }, respond: 'x' },
  { match: { path: '/only', method: 'GET' }, respond: 'x' },
  { match: { host: 'h.example', path: '/h/:name' }, resource: never() },
  { match: '/bad', resource: explaining(never(), () => Promise.reject(new HttpError(404, { detail: 'Gone.' }))) },
  { match: '/worse', resource: explaining(never(), () => Promise.reject(new Error('disk'))) },
]
const site = new Site({ routes })

for (const [method, target, found, lines] of [
  [
    'PUT',
    '/a/%7e?x',
    true,
    [
      ['path', '/a/~'],
      ['route', 'routes[0] /a/:id'],
      ['param', 'id = ~'],
      ['guard', 'none'],
      ['resource', 'resource'],
    ],
  ],
  [
    'GET',
    '/a/x/../y',
    true,
    [
      ['path', '/a/y'],
      ['not', 'routes[0] /a/:id: takes PUT only'],
      ['route', 'routes[1] /a/*'],
      ['mount', '/a'],
      ['guard', 'access of the route'],
      ['scheme', 'code'],
      ['allow', 'any user'],
      ['resource', 'resource'],
      ['rewrite', '/b/y'],
      ['sees', '/b/y'],
    ],
  ],
  [
    'GET',
    '/w',
    true,
    [
      ['path', '/w'],
      ['route', 'routes[2] /w'],
      ['when', 'its predicate must say yes; if not, the next route is tried'],
      ['guard', 'none'],
      ['resource', 'respond'],
      ['route', 'routes[3] /w'],
      ['guard', 'none'],
      ['resource', 'redirect'],
      ['status', '302: to /a'],
    ],
  ],
  [
    'GET',
    'http://h.example/h/x',
    true,
    [
      ['path', '/h/x'],
      ['route', 'routes[6] /h/:name'],
      ['param', 'name = x'],
      ['host', 'h.example'],
      ['guard', 'none'],
      ['resource', 'resource'],
    ],
  ],
  [
    'POST',
    '/only',
    false,
    [
      ['path', '/only'],
      ['not', 'routes[5] /only: takes GET, HEAD only'],
      ['status', '405: no route takes the method'],
    ],
  ],
  [
    'GET',
    '/none',
    false,
    [
      ['path', '/none'],
      ['status', '404: no route takes the path'],
    ],
  ],
  ['GET', '/%00', false, [['target', '/%00 is malformed: 400']]],
  ['GET', 'a@b', false, [['target', 'a@b is malformed: 400; a path begins with a slash: /a@b']]],
  [
    'GET',
    '/bad',
    true,
    [
      ['path', '/bad'],
      ['route', 'routes[7] /bad'],
      ['guard', 'none'],
      ['resource', 'resource'],
      ['status', '404: Gone.'],
    ],
  ],
  [
    'GET',
    '/worse',
    true,
    [
      ['path', '/worse'],
      ['route', 'routes[8] /worse'],
      ['guard', 'none'],
      ['resource', 'resource'],
      ['status', '500: Error: disk'],
    ],
  ],
  [
    'OPTIONS',
    '*',
    true,
    [
      ['path', '*'],
      ['status', '204: what the server as a whole can do'],
    ],
  ],
] as const) {
  test(`what would become of ${method} ${target} is told, and nothing is called`, async () => {
    assert.deepEqual(await site.explain(method, target), { lines, found })
  })
}

test('a route whose predicate is the last word is found', async () => {
  const { found, lines } = await site.explain('GET', '/p')
  assert.equal(found, true)
  assert.deepEqual(
    lines.map(([word]) => word),
    ['path', 'route', 'when', 'guard', 'resource'],
  )
})
