import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Connection } from '../src/message/connection.ts'
import { Forbidden } from '../src/message/errors.ts'
import type { Authorizer } from '../src/message/interface.ts'
import type { Request } from '../src/message/request.ts'
import { Response } from '../src/message/response.ts'
import { DATA } from '../src/protocol/fastcgi/codes.ts'
import { call, start } from './support/fastcgi-start.ts'
import type { Seen } from './support/transports.ts'
import { begun, content, seenIn, whole } from './support/web-server-end.ts'

const SOON = { timeout: 20_000 }

test('an Authorizer: its variables come as fields of a 200, what it throws goes to the client', SOON, async (t) => {
  const authorizer: Authorizer = {
    authorizeUser(who, request) {
      if (request.path === '/none') throw new Forbidden()
      if (request.path === '/bad') return { 'A B': 'x' }
      return request.path === '/void' ? undefined : { AUTH_METHOD: 'test', WHO: who?.name ?? 'nobody' }
    },
  }
  const end = await start(t, { authorizer })
  const ask = async (
    path: string,
    variables: Record<string, string> = {},
  ): Promise<[number, Record<string, string>]> => {
    const came = await end.send(begun({ role: 2, path, variables })).answer()
    const { status, headers } = seenIn(came)
    return [status, headers]
  }
  const range = { HTTP_RANGE: 'bytes=0-0', HTTP_IF_NONE_MATCH: '*', CONTENT_LENGTH: '5' }
  assert.deepEqual(await ask('/a', { REMOTE_USER: 'ann', ...range }), [
    200,
    { 'variable-auth_method': 'test', 'variable-who': 'ann', 'content-length': '0' },
  ])
  assert.deepEqual(await ask('/void'), [200, { 'content-length': '0' }])
  assert.equal((await ask('/none'))[0], 403)
  assert.equal((await ask('/bad'))[0], 500)
})

test('a handler as authorizer says it all itself, and one that says nothing lets nobody in', SOON, async (t) => {
  const authorizer = (request: Request): Response | undefined => {
    if (request.path === '/undefined') return undefined
    if (request.path === '/in') return new Response('0123', { headers: { ETag: '"v"' } })
    return new Response(null, { status: 401, headers: { 'WWW-Authenticate': 'X' } })
  }
  const end = await start(t, { authorizer })
  const ask = async (path: string, variables: Record<string, string> = {}): Promise<Seen> =>
    seenIn(await end.send(begun({ role: 2, path, variables })).answer())
  assert.equal((await ask('/')).headers['www-authenticate'], 'X')
  assert.equal((await ask('/undefined')).status, 500)
  // Conditions and ranges are about what is asked for, and not about the permission to have it.
  for (const variables of [{ HTTP_IF_NONE_MATCH: '"v"' }, { HTTP_RANGE: 'bytes=0-0' }]) {
    assert.equal((await ask('/in', variables)).status, 200)
  }
})

const filter = async (request: Request, connection: Connection): Promise<Response> => {
  const { data } = call(connection)
  assert.ok(data !== undefined)
  const form = request.path === '/unread' ? '' : await request.text()
  let size = 0
  for await (const chunk of data.body) size += chunk.byteLength
  return new Response(`${form} ${size} of ${data.size}, ${data.modified}`)
}
const FILE = 'f'.repeat(200_000)
const FILE_FACTS = { FCGI_DATA_LENGTH: '200000', FCGI_DATA_LAST_MOD: '1700000000' }

test('a Filter gets the content and the file', SOON, async (t) => {
  const end = await start(t, { filter })
  const asked = { role: 3, method: 'POST', body: 'form', variables: FILE_FACTS }
  const came = await end.send(whole(asked), content(DATA, 1, FILE)).answer()
  assert.equal(String(seenIn(came).body), 'form 200000 of 200000, 1700000000')
})

test('a Filter that leaves the content unread gets the file behind it all the same', SOON, async (t) => {
  const end = await start(t, { filter }, { limits: { body: 1e6 } })
  const asked = { role: 3, path: '/unread', method: 'POST', body: 'x'.repeat(500_000), variables: FILE_FACTS }
  const came = await end.send(whole(asked), content(DATA, 1, FILE)).answer()
  assert.equal(String(seenIn(came).body), ' 200000 of 200000, 1700000000')
})

test('a file that is shorter than announced is no whole one', SOON, async (t) => {
  const end = await start(t, { filter })
  const came = await end.send(whole({ role: 3, variables: FILE_FACTS }), content(DATA, 1, 'part')).answer()
  assert.equal(seenIn(came).status, 400)
})
