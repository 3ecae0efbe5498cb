import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Access } from '../access/access.ts'
import * as guards from '../access/guard.ts'
import { useGuards } from '../access/lazy-guard.ts'
import type { ExchangeRecord } from '../message/exchange.ts'
import { Declined } from '../message/outcome.ts'
import type { Request } from '../message/request.ts'
import { Response } from '../message/response.ts'
import { foldObjects } from '../object/folded.ts'
import { LocalServer } from '../object/local-server.ts'
import { type MountedServer, Objects } from '../object/objects.ts'
import { SiteObjects } from './object-routes.ts'
import type { Route } from './route.ts'
import { Site, type SiteOptions } from './site.ts'

useGuards(guards)

const NOBODY: Access = { allow: { addresses: ['192.0.2.1'] } }

function told(text: string) {
  return (request: Request) => new Response(`${text} ${request.mount} ${request.path}`)
}

const OBJECTS = {
  echo: told('echo'),
  other: told('other'),
  declines: () => Declined,
  got: { GET: () => new Response('got') },
}

function server(more: Omit<MountedServer, 'server'> = {}, handle: string = 'module:x'): MountedServer {
  return { server: new LocalServer(handle, foldObjects(OBJECTS)), ...more }
}

function siteOf(
  routes: readonly Route[],
  servers: Readonly<Record<string, MountedServer>> = { paul: server() },
  access: Readonly<Record<string, Access>> = {},
  more: Partial<SiteOptions> = {},
): Site {
  return new Site({ routes, objects: new SiteObjects(new Objects(servers), access), ...more })
}

async function answer(site: Site, path: string, init: { method?: string; headers?: Record<string, string> } = {}) {
  const response = await site.request(path, init)
  return `${response.status} ${await response.text()}`
}

async function body(site: Site, path: string): Promise<string> {
  return (await answer(site, path)).replace(/^200 /, '')
}

test('objects answer by their URLs, mounted there', async () => {
  const site = siteOf([])
  assert.equal(await body(site, '/echo@paul'), 'echo /echo@paul /echo@paul')
  assert.equal(await body(site, '/echo@paul/'), 'echo /echo@paul /echo@paul/')
  assert.equal(await body(site, '/other@paul/a/b@c?x=1'), 'other /other@paul /other@paul/a/b@c')
})

test('one path is one object, however it is written', async () => {
  const site = siteOf([])
  for (const path of ['/echo%40paul', '/%65cho@paul', '//echo@paul', '/x/../echo@paul', '/./echo@paul'])
    assert.equal(await body(site, path), 'echo /echo@paul /echo@paul')
})

test('what names no object is nothing, and never another object', async () => {
  const names = [
    ...['/', '/@', '/@paul', '/echo@', '/echo', '/echo@paul@paul', '/echo@paul@x', '/x/echo@paul', '/echo@nobody'],
    ...['/Echo@paul', '/echo@Paul', '/..@paul', '/.echo@paul', '/a..b@paul', '/ech%C3%B6@paul', '/a%2Fecho@paul'],
    ...['/echo;x@paul', '/echo@paul;x', '/echo%20@paul', '/info@paul', '/root@paul', '/echo@root', '/nothing@paul'],
    ...[`/${'a'.repeat(101)}@paul`, `/${'a'.repeat(5000)}@paul`, '/echo@paul%2Fx', '/constructor@paul'],
    ...['/__proto__@paul', '/echo@__proto__', '/echo@constructor'],
  ]
  for (const path of names) assert.match(await answer(siteOf([]), path), /^404 /, path)
  for (const path of ['/echo%00@paul', '/echo@paul%00', '/echo\\@paul'])
    assert.match(await answer(siteOf([]), path), /^400 /, path)
})

test('they stand below routes for their path, and above a route for all', async () => {
  const site = siteOf([
    { match: '/*', respond: 'all' },
    { match: '/echo@paul', respond: 'explicit' },
    { match: '/x/*', respond: 'x' },
    { match: { path: '/*', host: 'a.example' }, respond: 'all of a' },
    { match: { path: '/other@paul/*', host: 'a.example' }, respond: 'other of a' },
  ])
  assert.equal(await body(site, '/echo@paul'), 'explicit')
  assert.equal(await body(site, '/echo@paul/1'), 'echo /echo@paul /echo@paul/1')
  assert.equal(await body(site, '/other@paul'), 'other /other@paul /other@paul')
  assert.equal(await body(site, '/echo@nobody'), 'all')
  assert.equal(await body(site, '/@paul'), 'all')
  assert.equal(await body(site, '/x/echo@paul'), 'x')
  assert.equal(await body(site, 'http://a.example/echo@paul'), 'echo /echo@paul /echo@paul')
  assert.equal(await body(site, 'http://a.example/other@paul'), 'other of a')
  assert.equal(await body(site, 'http://a.example/echo@nobody'), 'all of a')
  assert.equal(await body(siteOf([{ match: '/:any', respond: 'any' }]), '/echo@paul'), 'any')
})

test('where an object declines, the route for all is next', async () => {
  assert.equal(await body(siteOf([{ match: '/*', respond: 'all' }]), '/declines@paul'), 'all')
  assert.match(await answer(siteOf([]), '/declines@paul'), /^404/)
})

test('methods are those of the object', async () => {
  const site = siteOf([])
  const { status, headers } = await site.request('/got@paul', { method: 'POST', body: '' })
  assert.deepEqual([status, headers.get('allow')], [405, 'GET, HEAD, OPTIONS'])
  assert.equal((await site.request('/got@paul', { method: 'OPTIONS' })).status, 204)
  const head = await site.request('/got@paul', { method: 'HEAD' })
  assert.deepEqual([head.status, await head.text()], [200, ''])
  assert.equal(await answer(site, '/nothing@paul', { method: 'HEAD' }), '404 ')
})

test('an object that a route names answers there alone, under whatever name', async () => {
  const route = { match: '/e/*', object: 'echo@paul' }
  const servers = { paul: server({}, 'a'), alias: server({ ends: ['a', 'b'] }), anna: server({}, 'b') }
  const site = siteOf([route, { match: '/*', respond: 'all' }], servers)
  assert.equal(await body(site, '/e/1'), 'echo /e /e/1')
  assert.equal(await body(site, '/echo@paul'), 'all')
  assert.equal(await body(site, '/echo@alias'), 'all')
  assert.equal(await body(site, '/echo@anna'), 'echo /echo@anna /echo@anna')
  assert.equal(await body(site, '/other@paul'), 'other /other@paul /other@paul')
  const open = siteOf([route], { paul: server({ url: true }) })
  assert.equal(await body(open, '/echo@paul'), 'echo /echo@paul /echo@paul')
  assert.match(await answer(siteOf([], { paul: server({ url: false }) }), '/echo@paul'), /^404/)
  assert.match(await answer(siteOf([], { paul: server({ url: ['other'] }) }), '/echo@paul'), /^404/)
})

test('a guard of the server stands before its objects, else that of the site', async () => {
  const servers = { paul: server({}, 'a'), anna: server({}, 'b') }
  const own = siteOf([{ match: '/*', respond: 'all' }], servers, { paul: NOBODY })
  assert.match(await answer(own, '/echo@paul'), /^403/)
  assert.match(await answer(own, '/nothing@paul'), /^403/, 'who may not come in does not learn what is there')
  assert.equal(await body(own, '/echo@anna'), 'echo /echo@anna /echo@anna')
  const site = siteOf([], servers, { anna: 'public' }, { access: NOBODY })
  assert.match(await answer(site, '/echo@paul'), /^403/)
  assert.equal(await body(site, '/echo@anna'), 'echo /echo@anna /echo@anna')
})

test('a server with a guard has no other name without one', () => {
  const servers = { paul: server({}, 'a'), alias: server({ ends: ['a', 'b'] }), anna: server({}, 'b') }
  const message = /objects\.alias: has objects of paul, which says who may: say it here too, or url: false/
  assert.throws(() => siteOf([], servers, { paul: NOBODY }), { name: 'TypeError', message })
  assert.throws(() => siteOf([], servers, { alias: NOBODY }), /objects\.paul: has objects of alias/)
  siteOf([], servers, { paul: NOBODY, alias: 'public' })
  siteOf([], { ...servers, alias: server({ ends: ['a', 'b'], url: false }) }, { paul: NOBODY })
})

test('a path that an application may read as that of a guarded object is refused', async () => {
  const routes: Route[] = [{ match: '/*', resource: () => new Response('an application') }]
  const site = siteOf(routes, { paul: server() }, { paul: NOBODY })
  assert.match(await answer(site, '/ECHO@PAUL'), /^400/)
  assert.match(await answer(site, '/echo@paul;x'), /^400/)
  assert.equal(await body(site, '/other'), 'an application')
  const guarded = siteOf([{ match: '/echo@paul/admin/*', respond: 'x', access: NOBODY }])
  assert.match(await answer(guarded, '/echo@paul/Admin/1'), /^400/)
  assert.match(await answer(guarded, '/echo@paul/admin/1'), /^403/)
  assert.match(await answer(guarded, '/echo@paul/1'), /^200/)
})

test('what would become of a request is told', async () => {
  const site = siteOf([{ match: '/*', respond: 'all' }], { paul: server() }, { paul: NOBODY })
  const { lines, found } = await site.explain('GET', '/echo@paul/7')
  assert.equal(found, true)
  const text = lines.map(([word, said]) => `${word}: ${said}`)
  assert.deepEqual(text, [
    'path: /echo@paul/7',
    'route: objects.paul /:object@paul/*',
    'mount: /echo@paul',
    'guard: access of objects.paul',
    'allow: addresses 192.0.2.1',
    'resource: object',
    'server: paul',
    'handle: module:x',
    'object: echo',
  ])
})

test('why an object does not answer at its URL is told', async () => {
  const site = siteOf([
    { match: '/e', object: 'echo@paul' },
    { match: '/*', respond: 'all' },
  ])
  const told = new Map((await site.explain('GET', '/echo@paul')).lines)
  assert.match(told.get('hidden') ?? '', /^echo@paul does not answer at its URL: something else names it, or url/)
  assert.equal(told.get('route'), 'routes[1] /*')
  for (const path of ['/other@paul', '/@paul', '/echo@nobody', '/x'])
    assert.ok(!(await site.explain('GET', path)).lines.some(([word]) => word === 'hidden'), path)
})

test('the log tells of the server and not of each name that somebody tries', async () => {
  const told: unknown[] = []
  const log = [{ logRequest: ({ route, resource }: ExchangeRecord) => void told.push([route, resource]) }]
  const site = siteOf([], { paul: server() }, {}, { log })
  await (await site.request('/echo@paul/7')).text()
  await (await site.request('/nothing@paul')).text()
  assert.deepEqual(told, [
    ['/:object@paul/*', 'object'],
    ['/:object@paul/*', 'object'],
  ])
})
