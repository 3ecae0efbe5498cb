import { utimesSync } from 'node:fs'
import { join } from 'node:path'
import type { Connection } from '../../src/message/connection.ts'
import { HttpError } from '../../src/message/errors.ts'
import { Headers } from '../../src/message/headers.ts'
import { Declined, Reroute } from '../../src/message/outcome.ts'
import type { Request } from '../../src/message/request.ts'
import { Response } from '../../src/message/response.ts'
import { Site, type SiteOptions } from '../../src/site/site.ts'
import { makeFolder, patterned } from '../support/folder.ts'

/** Content that no single write takes. */
export const BIG: Buffer = patterned(300_000)
const TIME = new Date(Date.UTC(2025, 0, 1))
/** Last-Modified of the files. */
export const MODIFIED: string = TIME.toUTCString()

/** The files of the site, in a folder that is removed when this process ends. */
export function behaviourFolder(): string {
  const root = makeFolder({
    'index.html': '<p>index',
    'ten.txt': '0123456789',
    'folder/a.txt': 'a',
    'big.bin': BIG,
    'empty.txt': '',
  })
  for (const name of ['ten.txt', 'big.bin']) utimesSync(join(root, name), TIME, TIME)
  return root
}

async function* pieces(count: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let i = 0; i < count; i++) yield Buffer.from(`piece ${i}\n`)
}

async function form(request: Request): Promise<Response> {
  const parts: string[] = []
  for await (const part of request.formData()) {
    parts.push(`${part.name}=${'value' in part ? part.value : 'a file'}`)
  }
  return new Response(parts.join('&'))
}

async function* bothWays(request: Request): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.from('ready')
  if (request.body !== null) yield* request.body
}

async function* breaking(): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.from('the beginning')
  throw new Error('in the middle')
}

/** After the head must have gone out. */
async function* failingLate(): AsyncGenerator<Uint8Array, void, undefined> {
  await new Promise((resolve) => setTimeout(resolve, 50))
  yield* breaking()
}

/** What happens to one request, and another waits for. */
class Events {
  readonly #happened = new Map<string, string>()
  readonly #asked = new Map<string, (how: string) => void>()

  happen(id: string, how: string): void {
    this.#happened.set(id, how)
    this.#asked.get(id)?.(how)
  }

  of(id: string): Promise<string> {
    const how = this.#happened.get(id)
    if (how !== undefined) return Promise.resolve(how)
    return new Promise((resolve) => this.#asked.set(id, resolve))
  }
}

/** Clients that go, so that another request can ask whether they have. */
class Departures {
  readonly arrived: Events = new Events()
  readonly gone: Events = new Events()

  /** Never answers. */
  waiting(request: Request): Promise<Response> {
    this.#note(request, 'waiting')
    return new Promise(() => {})
  }

  /** Answers, and never ends. */
  endless(request: Request): Response {
    this.#note(request, 'answered')
    return new Response(forEver())
  }

  /** Reads a body that never ends. That it broke off may be seen before it is clear that the client has gone. */
  async reading(request: Request): Promise<Response> {
    this.#note(request, 'reading')
    try {
      return new Response(await request.bytes())
    } catch (error) {
      this.gone.happen(request.params['id'] ?? '', 'reading')
      throw error
    }
  }

  turn(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve))
  }

  #note(request: Request, how: string): void {
    const id = request.params['id'] ?? ''
    request.signal.addEventListener('abort', () => this.gone.happen(id, how))
    this.arrived.happen(id, how)
  }
}

async function* forEver(): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) {
    yield Buffer.alloc(1000, 'x')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/**
 * The site that every front door is to serve in the same way: also in another process, by `behaviourSite(process.env.ROOT)`.
 * @param root From `behaviourFolder`.
 */
export function behaviourSite(root: string): Site {
  return new Site(behaviourOptions(root))
}

/** What it is made of. */
export function behaviourOptions(root: string): SiteOptions {
  const left = new Departures()
  return {
    limits: { body: 1000 },
    routes: [
      { match: '/', resource: () => new Response('hello') },
      {
        match: '/all',
        resource: {
          GET: () => new Response('got'),
          POST: () => new Response('posted', { status: 201 }),
          DELETE: () => new Response(null, { status: 204 }),
        },
      },
      {
        match: '/echo',
        resource: async (request: Request) =>
          new Response(await request.bytes(), {
            headers: { 'Content-Type': request.headers.get('content-type') ?? 'none' },
          }),
      },
      {
        match: '/large',
        resource: async (request: Request) => new Response(String((await request.bytes()).byteLength)),
        limits: { body: 10_000_000 },
      },
      { match: '/json', resource: async (request: Request) => Response.json(await request.json()) },
      { match: '/form', resource: form },
      { match: '/cookies', resource: (request: Request) => Response.json(request.cookies) },
      {
        match: '/fields',
        resource: (request: Request) =>
          Response.json([request.headers.get('x-a'), request.headers.getAll('x-b').length > 0]),
      },
      {
        match: '/set',
        resource: () =>
          new Response('set', {
            headers: [
              ['Set-Cookie', 'a=1'],
              ['Set-Cookie', 'b=2'],
              ['X-A', '1'],
              ['X-A', '2'],
            ],
          }),
      },
      {
        match: '/query/:id',
        resource: (request: Request) =>
          Response.json([request.path, request.params, request.query.getAll('q'), request.search]),
      },
      { match: '/stream', resource: () => new Response(pieces(5)) },
      { match: '/streams', resource: () => new Response(pieces(20_000)) },
      {
        match: '/trailers',
        resource: () => new Response(pieces(1), { trailers: () => new Headers({ 'X-Sum': '7' }) }),
      },
      { match: '/empty', resource: () => new Response(null) },
      { match: '/bytes', resource: () => new Response(BIG) },
      { match: '/text', resource: () => new Response('ü€😀'.repeat(50)) },
      { match: '/304', resource: () => new Response('never', { status: 304 }) },
      { match: '/205', resource: () => new Response('never', { status: 205 }) },
      { match: '/teapot', resource: () => new Response('short and stout', { status: 418 }) },
      {
        match: '/validators',
        resource: () => new Response('0123456789', { headers: { ETag: '"v"', 'Content-Type': 'text/plain' } }),
      },
      {
        match: '/throws',
        resource: () => {
          throw new Error('secret')
        },
      },
      {
        match: '/rejects',
        resource: async () => {
          throw new HttpError(409, { detail: 'No.', headers: { 'X-Why': 'because' } })
        },
      },
      {
        match: '/fails',
        resource: () =>
          new Response({
            [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new HttpError(503)) }),
          }),
      },
      { match: '/odd', resource: () => 7 as unknown as Response },
      { match: '/upgrade', resource: () => new Response(null, { status: 101, upgrade: () => {} }) },
      { match: '/declined', resource: () => Declined },
      { match: '/rerouted', resource: () => new Reroute('/query/9?q=1') },
      { match: '/old/*', redirect: { to: '/new/*', status: 301 } },
      { match: '/temporary', redirect: '/' },
      { match: '/fixed', respond: { status: 203, headers: { 'X-Fixed': 'yes' }, body: 'fixed' } },
      { match: { path: '/get-only', method: 'GET' }, resource: () => new Response('got') },
      {
        match: '/closed',
        resource: () => new Response('never'),
        access: { scheme: { identify: () => undefined, challenge: () => 'Test realm="a"' } },
      },
      {
        match: '/open',
        resource: (_: Request, { user }: { user?: { name: string } | undefined }) => new Response(user?.name),
        access: {
          scheme: {
            identify: (request: Request) => ({ name: request.headers.get('x-user') ?? 'nobody', groups: [] }),
            challenge: () => 'Test',
          },
        },
      },
      { match: '/absent', resource: () => Promise.reject(new HttpError(404)) },
      {
        match: '/raw',
        resource: (request: Request) =>
          Response.json([...request.headers.raw()].filter(([name]) => name.toLowerCase().startsWith('x-'))),
      },
      { match: '/url', resource: (request: Request) => new Response(request.url) },
      { match: '/sizes', resource: () => new Response('12345', { headers: { 'Content-Length': '3' } }) },
      { match: '/both', resource: (request: Request) => new Response(bothWays(request)), limits: { body: 1_000_000 } },
      { match: '/breaks', resource: () => new Response(breaking()) },
      { match: '/short', resource: () => new Response(pieces(1), { headers: { 'Content-Length': '10' } }) },
      { match: '/long', resource: () => new Response(pieces(9), { headers: { 'Content-Length': '10' } }) },
      { match: '/fails-late', resource: async () => new Response(failingLate()) },
      {
        match: '/hints',
        resource: (_: Request, connection: Connection) => {
          connection.inform(103, new Headers({ Link: '</a.css>; rel=preload' }))
          return new Response('hinted')
        },
      },
      { match: '/waits/:id', resource: (request: Request) => left.waiting(request) },
      { match: '/endless/:id', resource: (request: Request) => left.endless(request) },
      { match: '/reads/:id', resource: (request: Request) => left.reading(request) },
      {
        match: '/arrived/:id',
        resource: async (request: Request) => new Response(await left.arrived.of(request.params['id'] ?? '')),
      },
      {
        match: '/left/:id',
        resource: async (request: Request) => new Response(await left.gone.of(request.params['id'] ?? '')),
      },
      {
        match: '/late/:who',
        resource: async (request: Request, { user }: Connection) => {
          await left.turn()
          return new Response(`${user?.name} ${request.params['who']}`)
        },
        access: {
          scheme: {
            identify: (request: Request) => ({ name: request.headers.get('x-user') ?? 'nobody', groups: [] }),
            challenge: () => 'Test',
          },
        },
      },
      { match: '/files/*', files: { root, listing: true } },
    ],
  }
}
