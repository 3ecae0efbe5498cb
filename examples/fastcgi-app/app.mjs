#!/usr/bin/env node
import { Response } from 'oriel'
import { callOf, serveFastCgi } from 'oriel/fastcgi'

let count = 0

/** The pages: what a module of a route would export. */
const pages = {
  GET(request, connection) {
    count++
    const lines = [`request ${count} of process ${process.pid}`, `path ${request.path}`, `mount ${request.mount}`]
    const user = connection.user?.name ?? callOf(connection)?.variable('KEEPER')
    return new Response(`${lines.join('\n')}\nuser ${user ?? 'unknown'}\n`)
  },
  async POST(request) {
    const text = await request.text()
    return new Response(`${text.length} characters\n`)
  },
}

/** Who may in: an answer 200 lets a request on, and its Variable- fields go with it; any other is the client's. */
function authorizer(request) {
  if (request.headers.get('x-key') === 'open') return new Response(null, { headers: { 'Variable-KEEPER': 'ann' } })
  return new Response('Say X-Key: open\n', { status: 403 })
}

// An address as argument, or else the listening socket that is descriptor 0.
const [listen] = process.argv.slice(2)
const server = await serveFastCgi({ responder: pages, authorizer }, listen === undefined ? {} : { listen })
process.once('SIGTERM', () => server.close())
