import type { Connection } from '../../src/message/connection.ts'
import { Resource } from '../../src/message/dispatch.ts'
import { HttpError } from '../../src/message/errors.ts'
import { Headers } from '../../src/message/headers.ts'
import { Declined, Reroute } from '../../src/message/outcome.ts'
import type { Request } from '../../src/message/request.ts'
import { Response } from '../../src/message/response.ts'
import type { Published } from '../../src/object/folded.ts'

/** All that an object is told of a request and of the client. */
async function facts(request: Request, connection: Connection): Promise<Response> {
  const { method, target, path, search, mount, rest, params, version, authority, secure, url, cookies } = request
  const { remote, local, tls, user, means, variables, clientAddress, protocol } = connection
  const body = request.body === null ? null : await request.text()
  const certificate = tls?.peerCertificate && Buffer.from(tls.peerCertificate).toString('base64')
  return Response.json({
    ...{ method, target, path, search, mount, rest, params: { ...params }, version, authority, secure, url, cookies },
    fields: [...request.headers.raw()],
    trailers: [...request.trailers.raw()],
    body,
    ...{ remote, local, tls: tls && { ...tls, peerCertificate: certificate } },
    ...{ user, means, variables, clientAddress, protocol, clientSecure: connection.secure },
  })
}

async function form(request: Request): Promise<Response> {
  const told: unknown[] = []
  for await (const part of request.formData()) {
    if ('value' in part) told.push([part.name, part.value])
    else {
      let size = 0
      for await (const piece of part.body) size += piece.byteLength
      told.push([part.name, part.filename, size])
    }
  }
  return Response.json(told)
}

/** Answers with what comes, as it comes. */
function echo(request: Request): Response {
  return new Response(request.body, { headers: { 'Content-Type': 'application/octet-stream' } })
}

function say(what: string): void {
  process.stdout.write(`${what}\n`)
}

async function* endless(request: Request): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for (;;) {
      yield Buffer.alloc(65_536, 'x')
      await new Promise((resolve) => setImmediate(resolve))
    }
  } finally {
    say(`endless ended ${request.search}`)
  }
}

async function* midway(size: number): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.alloc(size, 'x')
  // The head has left by then.
  await new Promise((resolve) => setTimeout(resolve, 20))
  throw new Error('secret of midway')
}

function silent(request: Request, connection: Connection): Promise<Response> {
  const left = connection.deadline === undefined ? 'for ever' : 'for a time'
  say(`silent asked ${request.search} ${left}`)
  request.signal.addEventListener('abort', () => say(`silent aborted ${request.search}`))
  return new Promise(() => {})
}

class Counter extends Resource {
  #count = 0

  override GET(): Response {
    return new Response(String(++this.#count))
  }

  info(): object {
    return { description: 'counts' }
  }
}

function hinting(_: Request, connection: Connection): Response {
  connection.inform(103, new Headers([['Link', '</a.css>; rel=preload']]))
  connection.inform(103, new Headers([['Link', '</b.css>; rel=preload']]))
  return new Response('hinted')
}

export const OBJECTS: Published = {
  facts,
  form,
  echo,
  counter: Counter,
  hinting,
  length: async (request: Request) => {
    let size = 0
    for await (const piece of request.body ?? []) size += piece.byteLength
    return new Response(String(size))
  },
  large: (request: Request) => new Response(large(Number(request.query.get('bytes')))),
  endless: (request: Request) => new Response(endless(request)),
  silent,
  deadline: (_: Request, { deadline }: Connection) => new Response(String(deadline && deadline - Date.now())),
  declines: () => Declined,
  reroutes: () => new Reroute('/counter@tests'),
  'reroutes-out': () => new Reroute('//elsewhere.example/'),
  throws: () => {
    throw new Error('secret of throws')
  },
  refuses: () => {
    throw new HttpError(409, {
      code: 'notes.full',
      detail: 'Ein Grund: ü €.',
      headers: [
        ['X-Why', 'a'],
        ['x-why', 'b'],
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
      ],
    })
  },
  text: () => 'no Response' as unknown as Response,
  upgrades: () => new Response(null, { status: 101, upgrade: () => {} }),
  'status-101': () => new Response(null, { status: 101 }),
  'bad-field': () => new Response('x', { headers: { 'X-A': 'a\r\nX-B: b' } }),
  'too-short': () => new Response(midway(5), { headers: { 'Content-Length': '10' } }),
  framed: () =>
    new Response('framed', { headers: { 'Transfer-Encoding': 'chunked', Connection: 'close', 'Keep-Alive': 'x' } }),
  pretends: () =>
    new Response('pretends', {
      headers: [
        ['Oriel-Answer', 'declined'],
        ['oriel-answer', 'thrown'],
        ['Oriel-Code', 'x'],
        ['Status', '404 Not Found'],
        ['sTaTuS', '405'],
      ],
    }),
  midway: (request: Request) => new Response(midway(Number(request.query.get('bytes')))),
  forgets: (request: Request) => {
    if (request.search === '?now') void Promise.reject(new Error('forgotten'))
    return new Promise(() => {})
  },
  trailers: () =>
    new Response(midwayless(), {
      trailers: () =>
        new Headers([
          ['X-Sum', '7'],
          ['x-sum', '8'],
        ]),
    }),
}

async function* midwayless(): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.from('content')
}

async function* large(bytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  const piece = Buffer.alloc(65_536, 'y')
  for (let left = bytes; left > 0; left -= piece.byteLength)
    yield left < piece.byteLength ? piece.subarray(0, left) : piece
}
