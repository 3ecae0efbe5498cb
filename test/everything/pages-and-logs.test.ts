import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startOriel } from '../support/command.ts'
import { everyKind } from '../support/every-kind.ts'
import { fill } from '../support/folder.ts'
import { until } from '../support/production.ts'

/** What the log calls the kind of resource, where the name of the route is another. */
const RESOURCES: Readonly<Record<string, string>> = { written: 'files', 'object-here': 'object', php: 'fastcgi' }

test('error pages and logs of every kind of resource', { timeout: 120_000 }, async (t) => {
  const every = await everyKind(t)
  if (every === undefined) return
  const { kinds, folder, objects } = every
  const pages = kinds.filter(({ tells }) => tells)
  const routes = kinds.flatMap(({ name, keys }) => [
    `{ match: '/own/${name}/*', ${keys} }`,
    `{ match: '/site/${name}/*', intercept: true, ${keys} }`,
    `{ match: '/login/${name}/*', access: ACCESS, ${keys} }`,
  ])
  // A page that is made by each kind, for a route where nothing is.
  const made = pages.map(
    ({ name, path }) =>
      `{ match: '/by/${name}/*', files: './files', errors: { 404: { path: '/own/${name}${path}${name === 'php' ? '?hello' : '/hello'}' } } }`,
  )
  fill(folder, {
    '404.html': 'the page of the site for 404',
    'oriel.config.mjs': `
      const ACCESS = { scheme: 'basic', store: (name, password) => password === 'right' ? { name, groups: [] } : undefined }
      export default {
        listen: [{ host: '127.0.0.1', port: 0 }],
        ${objects}
        errors: { 401: () => new Response('please log in'), 404: './404.html', '5xx': (error) => new Response('the page of the site for ' + error.status) },
        log: [{ format: 'json', to: { file: './access.json' } }],
        routes: [\n${[...routes, ...made].join(',\n')}] }`,
  })
  const oriel = startOriel(t, ['serve'], folder, { env: { PYTHONDONTWRITEBYTECODE: '1' } })
  const url = await oriel.url()
  const get = async (path: string, headers: Record<string, string> = {}): Promise<string> => {
    const response = await fetch(`${url}${path}`, { headers })
    return `${response.status} ${await response.text()}`
  }

  for (const { name, path, tells } of kinds) {
    await t.test(`${name}: its own words, or those of the site`, async () => {
      const own = await get(`/own/${name}${path}/missing`)
      if (tells) assert.match(own, /^404 missing in /)
      else assert.equal(own, '404 the page of the site for 404')
      assert.equal(await get(`/site/${name}${path}/missing`), '404 the page of the site for 404')
      assert.match(await get(`/site/${name}${path}/hello`), /^200 hello from /)
      if (tells) assert.equal(await get(`/site/${name}${path}/fails`), '500 the page of the site for 500')
      const refused = await fetch(`${url}/login/${name}${path}/hello`)
      assert.equal(await refused.text(), 'please log in')
      assert.match(refused.headers.get('www-authenticate') ?? '', /^Basic /)
    })
  }

  for (const { name } of pages) {
    await t.test(`${name} makes the page of an error`, async () => {
      assert.match(await get(`/by/${name}/nothing-there`), /^404 hello from /)
    })
  }

  for (const { name, path } of kinds) {
    await t.test(`${name}: one line tells who, what, where and how`, async () => {
      const target = `/login/${name}${path}/hello`
      const mark = `of-${name}\n"x" \u202e`
      const authorization = `Basic ${Buffer.from(`ann:right`).toString('base64')}`
      const headers = {
        authorization,
        referer: `http://a/?token=secret`,
        'user-agent': mark.replaceAll(/[^\x20-\x7e]/g, '?'),
      }
      assert.match(await get(`${target}?password=secret&a=1`, headers), /^200 hello/)
      let found: Record<string, unknown> | undefined
      await until(() => {
        const lines = readFileSync(join(folder, 'access.json'), 'utf8').trimEnd().split('\n')
        const records = lines.filter(Boolean).map((line) => JSON.parse(line) as Record<string, unknown>)
        found = records.find(({ status, uri }) => status === 200 && String(uri).startsWith(target))
        return found !== undefined
      })
      assert.ok(found !== undefined)
      assert.deepEqual(
        [found['method'], found['user'], found['route'], found['resource'], found['remoteIp'], found['uri']],
        ['GET', 'ann', `/login/${name}/*`, RESOURCES[name] ?? name, '127.0.0.1', `${target}?password=***&a=1`],
      )
      assert.doesNotMatch(JSON.stringify(found), /secret|of ann|Basic /)
      assert.equal(typeof found['duration'], 'number')
    })
  }
})
