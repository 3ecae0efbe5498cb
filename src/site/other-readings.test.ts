import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Scheme } from '../message/interface.ts'
import { Response } from '../message/response.ts'
import type { Route } from './route.ts'
import { Site } from './site.ts'

const scheme: Scheme = { identify: () => undefined, challenge: () => 'Test' }
const access = { scheme }
const app = (): Response => new Response('in')

/** An application whose `/admin` and whose `/:team/secret` are guarded, and `/Open` is not. */
const MIXED: readonly Route[] = [
  { match: '/admin/*', resource: app, access },
  { match: '/:Team/secret', resource: app, access },
  { match: { path: '/admin/none', method: 'PUT' }, resource: app, access: { all: [access] } },
  { match: '/Open/*', resource: app },
  { match: '/files/*', files: '.' },
  { match: '/*', resource: app },
]

async function status(routes: readonly Route[], path: string): Promise<number> {
  return (await new Site({ routes }).request(path)).status
}

for (const path of [
  ...['/Admin', '/ADMIN/x', '/%41dmin/x', '/admin%2Fx', '/admin%2fx', '/admin;/x', '/admin;a=b/x', '/admin%3Ba/x'],
  ...['/x/..;/admin/y', '/x;y/../aDmin', '/x%2F..%2Fadmin/y', '/%2Fadmin/x', '/a/Secret', '/a%2Fsecret', '/a/secret;x'],
]) {
  test(`${path} is for no application that may read it as a path with a guard`, async () => {
    assert.equal(await status(MIXED, path), 400)
  })
}

for (const [path, expected] of [
  ['/Open/A;b/c%2Fd', 200],
  ['/open/x', 200],
  ['/B%2FC;d', 200],
  ['/admin/A%2FB;c', 401],
  ['/Team/secret', 401],
  ['/files/Admin', 404],
  ['/administrator/X', 200],
] as const) {
  test(`${path} is read in one way`, async () => {
    assert.equal(await status(MIXED, path), expected)
  })
}

test('where one guard stands before all, or none, every path is read as it is', async () => {
  const all = MIXED.filter(({ match }) => typeof match === 'string').map((route) => ({ ...route, access }))
  assert.equal(await status(all, '/Admin%2Fx'), 401)
  assert.equal(
    await status(
      [
        { match: '/admin/*', resource: app },
        { match: '/*', resource: app },
      ],
      '/Admin%2Fx',
    ),
    200,
  )
})

test('explained is what would happen', async () => {
  const { lines } = await new Site({ routes: MIXED }).explain('GET', '/Admin/x')
  assert.match(lines.map((line) => line.join(' ')).join('; '), /status 400: its application may read the path/)
})
