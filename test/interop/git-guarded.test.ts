import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { serveFastCgi } from '../../src/door/fastcgi/server.ts'
import type { Request } from '../../src/message/request.ts'
import { Response } from '../../src/message/response.ts'
import { makeFolder } from '../support/folder.ts'
import { cloned, type GitSite, serveGit } from '../support/git-site.ts'

const LIMIT = { timeout: 120_000 }
const ANN = `Basic ${Buffer.from('ann:secret').toString('base64')}`
const SCHEME = `
const scheme = {
  identify: (request) => request.headers.get('authorization') === '${ANN}' ? { name: 'ann', groups: [] } : undefined,
  challenge: () => 'Basic realm="git"',
}

export default `
/** Only what pushes is guarded: the announcement of a push, and the push itself. */
const PUSHES = `
const pushes = (request) =>
  request.path.endsWith('/git-receive-pack') || request.query.get('service') === 'git-receive-pack'
const guarded = ([cgi]) => [{ ...cgi, access: { scheme }, match: { path: cgi.match, when: pushes } }, cgi]
${SCHEME}`

/** A repository whose pushes tell who came: nobody is allowed to push where no user is known. */
async function serving(t: TestContext, changes: Readonly<Record<string, string>>): Promise<GitSite | undefined> {
  const site = await serveGit(t, changes)
  if (site === undefined) return undefined
  const hook = join(site.bare, 'hooks/pre-receive')
  writeFileSync(hook, '#!/bin/sh\necho "$REMOTE_USER $KEEPER" > pushed-by\n')
  chmodSync(hook, 0o755)
  return site
}

function pushedBy({ bare }: GitSite): string | undefined {
  const told = join(bare, 'pushed-by')
  return existsSync(told) ? readFileSync(told, 'utf8').trim() : undefined
}

function as(user: string, { repository }: GitSite): string {
  return repository.replace('//', `//${user}@`)
}

test('behind a scheme nobody clones or pushes without a user, and git pushes with one', LIMIT, async (t) => {
  const site = await serving(t, { 'export default ': SCHEME, "match: '/git/*'": "match: '/git/*', access: { scheme }" })
  if (site === undefined) return
  const nobody = await site.tried(site.work, 'clone', site.repository, 'theirs')
  assert.equal(nobody.code, 128)
  assert.match(nobody.stderr, /could not read Username/)
  const wrong = await site.tried(site.work, 'clone', as('ann:wrong', site), 'theirs')
  assert.equal(wrong.code, 128)
  assert.match(wrong.stderr, /Authentication failed/)

  const mine = await cloned(site, randomBytes(8 << 20), as('ann:secret', site))
  const refused = await site.tried(mine, 'push', site.repository, 'main')
  assert.equal(refused.code, 128)
  assert.equal(pushedBy(site), undefined)
  await site.git(mine, 'push', 'origin', 'main')
  assert.equal(pushedBy(site), 'ann')
  assert.equal(await site.git(site.bare, 'rev-parse', 'main'), await site.git(mine, 'rev-parse', 'HEAD'))
})

test('where only what pushes is guarded, everybody clones and nobody but a user pushes', LIMIT, async (t) => {
  const site = await serving(t, {
    'routes: [': 'routes: guarded([',
    '  ],\n})': '  ]),\n})',
    'export default ': PUSHES,
  })
  if (site === undefined) return
  // More than git sends in one piece: it asks with an empty push first, and sends the rest in chunks.
  const mine = await cloned(site, randomBytes(8 << 20))
  const refused = await site.tried(mine, 'push', 'origin', 'main')
  assert.equal(refused.code, 128)
  assert.match(refused.stderr, /could not read Username/)
  assert.equal(pushedBy(site), undefined)
  await site.git(mine, 'push', as('ann:secret', site), 'main')
  assert.equal(pushedBy(site), 'ann')
  await site.git(site.work, 'clone', '--branch', 'main', site.repository, 'theirs')
  assert.equal(
    await site.git(join(site.work, 'theirs'), 'rev-parse', 'HEAD'),
    await site.git(mine, 'rev-parse', 'HEAD'),
  )
})

test('a FastCGI authorizer lets git in, and tells the program who it is', LIMIT, async (t) => {
  const authorizer = (request: Request): Response => {
    const given = request.headers.get('authorization')
    if (given === ANN) return new Response(null, { headers: { 'Variable-REMOTE_USER': 'ann', 'Variable-KEEPER': 'k' } })
    if (given !== null) return new Response('Not you.\n', { status: 403 })
    return new Response(null, { status: 401, headers: { 'WWW-Authenticate': 'Basic realm="git"' } })
  }
  const listen = `unix:${join(makeFolder(), 'keeper.sock')}`
  const keeper = await serveFastCgi({ authorizer }, { listen })
  t.after(() => keeper.close())
  const access = `access: { authorizer: { fastcgi: '${listen}' } }`
  const site = await serving(t, { "match: '/git/*'": `match: '/git/*', ${access}` })
  if (site === undefined) return
  const nobody = await site.tried(site.work, 'clone', site.repository, 'theirs')
  assert.match(nobody.stderr, /could not read Username/)
  const mine = await cloned(site, randomBytes(8 << 20), as('ann:secret', site))
  const refused = await site.tried(mine, 'push', as('eve:secret', site), 'main')
  assert.equal(refused.code, 128)
  assert.match(refused.stderr, /403/)
  assert.equal(pushedBy(site), undefined)
  await site.git(mine, 'push', 'origin', 'main')
  assert.equal(pushedBy(site), 'ann k')

  // Who keeps the door is gone: nobody comes in, with or without a password.
  await keeper.close()
  const closed = await site.tried(site.work, 'ls-remote', as('ann:secret', site))
  assert.match(closed.stderr, /50[23]/)
})
