import { serveCgi } from '../../src/cgi.ts'
import type { Connection } from '../../src/message/connection.ts'
import { HttpError } from '../../src/message/errors.ts'
import type { Request } from '../../src/message/request.ts'
import { Response } from '../../src/message/response.ts'

/* A CGI script for tests: what it does is the last part of its path. */

async function* breaking(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('begun')
  await new Promise((resolve) => setTimeout(resolve, 20))
  throw new Error('in the middle')
}

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield new Uint8Array(65536)
}

/** Tells that it waits, and when nobody does any more. */
function waiting(request: Request): Promise<Response> {
  process.stderr.write('waiting\n')
  return new Promise((_, reject) => {
    request.signal.addEventListener('abort', () => {
      process.stderr.write('aborted\n')
      reject(request.signal.reason)
    })
  })
}

const does: Readonly<Record<string, (request: Request, connection: Connection) => Response | Promise<Response>>> = {
  tell: (request, { user, remote }) =>
    Response.json({
      fields: [...request.headers],
      url: request.url,
      mount: request.mount,
      user: user?.name,
      remote: remote.address,
      proxy: process.env['HTTP_PROXY'],
    }),
  sum: async (request) => new Response(String((await request.bytes()).byteLength)),
  unread: () => new Response('unread'),
  large: () => new Response(new Uint8Array(10_000_000)),
  break: () => new Response(breaking()),
  endless: () => new Response(endless()),
  wait: waiting,
  ignore: () => {
    process.stderr.write('waiting\n')
    return new Promise(() => {})
  },
}

await serveCgi((request: Request, connection: Connection) => {
  const what = does[request.path.split('/').pop() ?? '']
  if (what === undefined) throw new HttpError(404)
  return what(request, connection)
})
