import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Headers } from '../message/headers.ts'
import { Request } from '../message/request.ts'
import { Response } from '../message/response.ts'
import { type BuiltRoute, type Match, RouteTable } from './routes.ts'

function route(match: Match, index: number): BuiltRoute {
  return {
    index,
    match,
    methods: undefined,
    kind: 'respond',
    handler: () => new Response(),
    permission: () => new Response(),
    bodyLimit: 0,
    rewrite: undefined,
    guarded: false,
    access: undefined,
    ownAccess: false,
    internal: false,
    explain: undefined,
  }
}

function asked(authority: string, path: string): Request {
  return new Request({
    method: 'GET',
    target: path,
    path,
    search: '',
    version: '1.1',
    authority,
    secure: false,
    headers: new Headers(),
    body: null,
  })
}

/** The places of the routes for a request, in their order; the first must be what `first` says. */
function order(matches: readonly Match[], authority: string, path = '/'): number[] {
  const table = new RouteTable(matches.map(route))
  const request = asked(authority, path)
  const places = table.candidates(request).map(({ value }) => value.index)
  assert.equal(table.first(request)?.value.index, places[0])
  return places
}

const when = (): boolean => true

for (const [what, matches, authority, path, expected] of [
  ['the very host, then *.host, then any', [{}, { host: '*.b.c' }, { host: 'a.b.c' }], 'a.b.c', '/', [2, 1, 0]],
  ['the longer *.host first', [{ host: '*.c' }, { host: '*.b.c' }], 'a.b.c', '/', [1, 0]],
  ['a host counts more than a path', [{ path: '/a' }, { host: 'h', path: '/*' }], 'h', '/a', [1, 0]],
  [
    'the most specific path within a host',
    [
      { host: 'h', path: '/*' },
      { host: 'h', path: '/a' },
    ],
    'h',
    '/a',
    [1, 0],
  ],
  [
    'methods, then a predicate, then the rest',
    [{}, { when }, { method: 'GET' }, { method: 'GET', when }],
    'h',
    '/',
    [3, 2, 1, 0],
  ],
  ['a path counts more than a method', [{ path: '/*', method: 'GET' }, { path: '/a' }], 'h', '/a', [1, 0]],
  ['the order given among equals', [{ method: 'PUT' }, {}, { method: 'GET' }, {}], 'h', '/', [0, 2, 1, 3]],
  ['parameters of any name are equal', [{ path: '/:x' }, { path: '/:y', method: 'GET' }], 'h', '/a', [1, 0]],
  ['all paths where none is named', [{}], 'h', '/a/b', [0]],
  ['one of several hosts', [{ host: ['a', 'b'] }, { host: 'c' }], 'b', '/', [0]],
  ['no route for another host', [{ host: 'a' }], 'b', '/', []],
  ['no route without a host', [{ host: 'a' }], '', '/', []],
] as const) {
  test(`the order of routes: ${what}`, () => {
    assert.deepEqual(order(matches, authority, path), expected)
  })
}

for (const [host, authority, fits] of [
  ['example.org', 'example.org', true],
  ['example.org', 'EXAMPLE.org:8080', true],
  ['Example.ORG', 'example.org', true],
  ['example.org.', 'example.org', true],
  ['example.org', 'example.org.:80', true],
  ['example.org', 'www.example.org', false],
  ['example.org', 'example.org.evil', false],
  ['*.example.org', 'www.example.org', true],
  ['*.example.org', 'a.b.example.org:1', true],
  ['*.example.org', 'example.org', false],
  ['*.example.org', 'badexample.org', false],
  ['[::1]', '[::1]:8080', true],
  ['127.0.0.1', '127.0.0.1:80', true],
] as const) {
  test(`a route for ${host} ${fits ? 'takes' : 'does not take'} ${authority}`, () => {
    assert.deepEqual(order([{ host }], authority), fits ? [0] : [])
  })
}

for (const host of [
  '',
  'example.org:80',
  'http://example.org',
  'a/b',
  '*',
  '*.',
  '*example.org',
  'a.*.b',
  'a b',
  ['a', 'b:1'],
]) {
  test(`${JSON.stringify(host)} is no host name`, () => {
    assert.throws(() => new RouteTable([route({ host }, 0)]), /no host name; give it without scheme and port/)
  })
}

test('a pattern that is none is refused', () => {
  assert.throws(() => new RouteTable([route({ path: 'a' }, 0)]), TypeError)
})

test('a site without routes has none', () => {
  assert.deepEqual(order([], 'h'), [])
})
