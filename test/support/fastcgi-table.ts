import { createHash } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as after } from 'node:timers/promises'
import { serveFastCgi } from '../../src/door/fastcgi/server.ts'
import { serveScgi } from '../../src/door/scgi/server.ts'
import type { Handler } from '../../src/message/interface.ts'
import type { Request } from '../../src/message/request.ts'
import { Response } from '../../src/message/response.ts'
import { Site } from '../../src/site/site.ts'

/*
 * A FastCGI or SCGI application for the tests with real web servers, each of its pages a thing that may go wrong between
 * them. It listens where its first argument says, else on descriptor 0; the second one is `scgi` for that protocol,
 * the third one `site` for a Site that routes the whole path. Web servers may start several of it: what a page waits for,
 * and tells, is a file that the query names.
 */

const PIECE = Buffer.alloc(65536, 'x')

const pages: Readonly<Record<string, Handler>> = {
  echo: (request) => {
    const { method, path, mount, rest, headers } = request
    return Response.json({ method, path, mount, rest, query: request.query.toString(), cookie: headers.get('cookie') })
  },
  digest: async (request) => {
    const bytes = await request.bytes()
    return new Response(`${bytes.byteLength} ${createHash('sha256').update(bytes).digest('hex')}`)
  },
  cookies: () => {
    const answer = new Response('two')
    answer.headers.append('Set-Cookie', 'a=1; Path=/')
    answer.headers.append('Set-Cookie', 'b=2; Expires=Thu, 01 Jan 2037 00:00:00 GMT')
    return answer
  },
  missing: () => new Response('nothing here', { status: 404 }),
  stream: (request) => new Response(gated(request)),
  broken: (request) => {
    const length = request.query.get('length')
    return new Response(breaking(), length === null ? {} : { headers: { 'Content-Length': length } })
  },
  endless: (request) => {
    tellAbort(request)
    return new Response(endless())
  },
  silent: (request) => {
    tellAbort(request)
    return new Promise(() => {})
  },
}

async function* gated(request: Request): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < 4; i++) yield PIECE
  while (!existsSync(request.query.get('gate') ?? '/')) await after(5)
  yield Buffer.from('end')
}

async function* breaking(): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < 4; i++) yield PIECE
  await after(1)
  throw new Error('broken off')
}

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) {
    yield PIECE
    await after(1)
  }
}

/** Tells that a request came, and that it was given up. */
function tellAbort(request: Request): void {
  const name = request.query.get('tell') ?? ''
  request.signal.addEventListener('abort', () => writeFileSync(`${name}.aborted`, ''))
  writeFileSync(`${name}.begun`, '')
}

const [listen, protocol, site] = process.argv.slice(2)
const responder: Handler = (request, connection) => {
  const page = pages[request.rest.split('/')[1] ?? '']
  return page === undefined ? new Response('no page', { status: 500 }) : page(request, connection)
}
const serve = protocol === 'scgi' ? serveScgi : serveFastCgi
const limits = { body: 1 << 30 }
const app = site === 'site' ? new Site({ routes: [{ match: '/app/*', resource: responder }], limits }) : responder
const server = await serve(app, { ...(listen !== undefined && { listen }), limits })
process.once('SIGTERM', () => void server.close())
