import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Response, type Route, serve } from '../src/index.ts'
import { POSIX, writeScripts } from './support/cgi-site.ts'
import { ask } from './support/client.ts'
import { openFolder } from './support/peer-process.ts'
import { startPhpFpm } from './support/php-fpm.ts'
import { startUpstream } from './support/upstream.ts'

/*
 * RFC 9110 §13 and §14 for answers that programs make: with a validator and a known length, sent at once (short) or as
 * they come (long).
 */

const SHORT = 10
const LONG = 300_000

/** `0123456789` over and over. */
function content(size: number): string {
  return '0123456789'.repeat(size / 10)
}

const SHELL = (size: number): string =>
  `printf 'Content-Type: text/plain\\nETag: "v1"\\nContent-Length: ${size}\\n\\n'; i=0; while [ $i -lt ${size / 10} ]; do printf 0123456789; i=$((i+1)); done`

const PHP = (size: number): string =>
  `<?php header('Content-Type: text/plain'); header('ETag: "v1"'); header('Content-Length: ${size}'); for ($i = 0; $i < ${size / 1000}; $i++) { echo str_repeat('0123456789', ${Math.min(size, 1000) / 10}); flush(); }`

async function* pieces(size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < size; at += 1000) yield Buffer.from(content(Math.min(size, 1000)))
}

type Kind = readonly [name: string, open: (t: TestContext, folder: string) => Promise<Route | undefined>]

const KINDS: readonly Kind[] = [
  ['a CGI program', async () => ({ match: '/*', cgi: 'cgi' })],
  [
    'PHP by php-fpm',
    async (t, folder) => {
      const fpm = await startPhpFpm(t)
      if (fpm === undefined) return undefined
      return {
        match: '/*',
        fastcgi: { address: `unix:${fpm.socket}`, root: join(folder, 'php'), suffix: '.php' },
      }
    },
  ],
  [
    'a module',
    async () => ({
      match: '/:size',
      resource: ({ params }: { readonly params: Readonly<Record<string, string>> }) => {
        const size = params['size'] === 'short' ? SHORT : LONG
        const headers = { ETag: '"v1"', 'Content-Length': String(size), 'Content-Type': 'text/plain' }
        return new Response(size === SHORT ? content(size) : pieces(size), { headers })
      },
    }),
  ],
  [
    'an upstream that looks at them itself',
    async (t) => {
      const { url } = await startUpstream(t, ({ url = '', headers }, response) => {
        const size = url.endsWith('short') ? SHORT : LONG
        const bytes = content(size)
        const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? []
        response.setHeader('ETag', '"v1"')
        if (headers['if-none-match'] === '"v1"') response.writeHead(304).end()
        else if (start !== undefined && Number(start) >= size)
          response.writeHead(416, { 'Content-Range': `bytes */${size}` }).end()
        else if (start !== undefined) {
          const part = bytes.slice(Number(start), Number(end) + 1)
          response
            .writeHead(206, { 'Content-Range': `bytes ${start}-${end}/${size}`, 'Content-Length': part.length })
            .end(part)
        } else if (headers['if-match'] === '"v2"') response.writeHead(412).end()
        else response.setHeader('Content-Length', size).end(bytes)
      })
      return { match: '/*', proxy: url }
    },
  ],
]

for (const [kind, open] of KINDS) {
  test(`conditions, ranges and HEAD on the answers of ${kind}`, { ...POSIX, timeout: 60_000 }, async (t) => {
    const folder = openFolder({ 'php/short.php': PHP(SHORT), 'php/long.php': PHP(LONG) })
    writeScripts(join(folder, 'cgi'), { short: SHELL(SHORT), long: SHELL(LONG) })
    const route = await open(t, folder)
    if (route === undefined) return
    const server = await serve({ port: 0, base: folder, routes: [route] })
    t.after(() => server.close())
    const suffix = kind.startsWith('PHP') ? '.php' : ''
    for (const [name, size] of [
      ['short', SHORT],
      ['long', LONG],
    ] as const) {
      const get = (headers: Record<string, string>, method = 'GET') =>
        ask(server.url, `/${name}${suffix}`, { method, headers })
      const whole = await get({})
      assert.deepEqual([whole.status, whole.body.length, whole.headers.etag], [200, size, '"v1"'], `${name} whole`)
      const head = await get({}, 'HEAD')
      assert.deepEqual([head.status, head.body.length, head.headers['content-length']], [200, 0, String(size)])
      const fresh = await get({ 'If-None-Match': '"v1"' })
      assert.deepEqual([fresh.status, fresh.body.length, fresh.headers.etag], [304, 0, '"v1"'])
      assert.equal((await get({ 'If-None-Match': '"v1"' }, 'HEAD')).status, 304)
      assert.equal((await get({ 'If-Match': '"v2"' })).status, 412)
      const part = await get({ Range: 'bytes=3-6' })
      assert.deepEqual(
        [part.status, part.body.toString(), part.headers['content-range']],
        [206, '3456', `bytes 3-6/${size}`],
      )
      assert.equal(part.headers['content-length'], '4')
      const end = await get({ Range: `bytes=${size - 3}-${size - 1}` })
      assert.deepEqual([end.status, end.body.toString()], [206, '789'])
      const beyond = await get({ Range: `bytes=${size}-${size + 9}` })
      assert.deepEqual([beyond.status, beyond.headers['content-range']], [416, `bytes */${size}`])
      const stale = await get({ Range: 'bytes=3-6', 'If-Range': '"v0"' })
      if (!kind.startsWith('an upstream')) assert.deepEqual([stale.status, stale.body.length], [200, size])
    }
  })
}
