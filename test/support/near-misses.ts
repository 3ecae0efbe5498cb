import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { Response } from '../../src/message/response.ts'
import { EngineUnderTest } from './engine.ts'
import { connectInMemory, MemorySocket, settled } from './memory-socket.ts'
import { fc } from './property.ts'

/** What a server took for whole requests: method, target and content of each. */
export type Reading = readonly string[]

/** Reads messages by our engine, each on a connection of its own that the client ends behind it. */
export function engineReader(): (message: string) => Promise<Reading> {
  let read: string[] = []
  const { engine } = new EngineUnderTest({
    handler: async (request) => {
      const { method, target } = request
      const body = Buffer.from(await request.arrayBuffer()).toString('latin1')
      read.push(readingOf(method, target, body))
      return new Response()
    },
  })
  return async (message) => {
    read = []
    const ends = connectInMemory(engine)
    ends.give(message)
    await settled(2)
    ends.end()
    await settled(1)
    ends.socket.destroy()
    return read
  }
}

/** Reads them by Node's own parser, as strict as it can be. */
export function nodeReader(): (message: string) => Promise<Reading> {
  let read: string[] = []
  const server: Server = createServer({ insecureHTTPParser: false, requireHostHeader: true }, (request, response) => {
    const pieces: Buffer[] = []
    const { method = '', url = '' } = request
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('error', () => {})
    request.on('end', () => {
      read.push(readingOf(method, url, Buffer.concat(pieces).toString('latin1')))
      response.end()
    })
  })
  server.on('connect', ({ method = '', url = '' }, socket) => {
    read.push(readingOf(method, url, ''))
    socket.destroy()
  })
  // What was read whole before an error is still handed out, as long as the socket is there.
  server.on('clientError', () => {})
  return async (message) => {
    read = []
    const socket = new MemorySocket()
    server.emit('connection', socket as unknown as Socket)
    socket.push(Buffer.from(message, 'latin1'))
    await settled(2)
    socket.push(null)
    await settled(1)
    socket.destroy()
    return read
  }
}

function readingOf(method: string, target: string, body: string): string {
  return `${method} ${target} ${JSON.stringify(body)}`
}

const method = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE')
const target = fc.constantFrom('/', '/a/b?c=d', '/%41', 'http://b.example/x', '/~a;b=c')
const version = fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0')
const host = fc.constantFrom('a', 'a.example:8080', '[::1]:80', '127.0.0.1')
const other = fc.constantFrom('X: y', 'X-Long: some words', 'Accept: */*', 'Connection: keep-alive', 'Cookie: a=b; c=d')
const content = fc.constantFrom('hello', 'GET /in HTTP/1.1\r\nHost: a\r\n\r\n', '0\r\n\r\n', '5\r\nhello\r\n')
const extension = fc.constantFrom('', '', ';a', ';a=b', ';a="b;c"')
const trailers = fc.constantFrom('', '', 'X-Sum: 1\r\n')

/** Fields and content by each way of framing. */
const framed = fc.oneof(
  fc.constant(['', '']),
  content.map((body) => [`Content-Length: ${body.length}\r\n`, body]),
  fc
    .tuple(content, extension, trailers)
    .map(([body, more, trailing]) => [
      'Transfer-Encoding: chunked\r\n',
      `${body.length.toString(16)}${more}\r\n${body}\r\n0\r\n${trailing}\r\n`,
    ]),
)

/** Valid requests, one or two on a connection. */
const request = fc
  .tuple(method, target, version, host, fc.array(other, { maxLength: 2 }), framed)
  .filter(([, , minor, , , [fields]]) => minor === 'HTTP/1.1' || fields?.startsWith('T') !== true)
  .map(
    ([verb, aim, minor, name, more, [fields, body]]) =>
      `${verb} ${aim} ${minor}\r\nHost: ${name}\r\n${more.map((line) => `${line}\r\n`).join('')}${fields}\r\n${body}`,
  )
export const valid: fc.Arbitrary<string> = fc
  .tuple(request, fc.constantFrom('', 'GET /last HTTP/1.1\r\nHost: a\r\n\r\n'))
  // What follows a request that closes the connection is read by nobody.
  .map(([first, second]) => (first.includes('HTTP/1.0\r\n') ? first : first + second))

const NASTY = [
  ...['\r', '\n', '\r\n', '\n\n', '\r\n\r\n', '\r\n ', '\0', '\t', ' ', '\x0b', '\x7f', '\x80', '\xff', ':', ',', ';'],
  ...['"', '\\', '/', '#', '?', '%', '@', '{', '+', '-', '_', '.', '0', '1', '5', 'f', 'x', 'G', '*', '='],
]

/** Valid requests with one thing wrong: a byte removed, or something nasty in its place or beside it. */
export const nearMiss: fc.Arbitrary<string> = fc
  .tuple(valid, fc.nat(), fc.constantFrom(...NASTY), fc.constantFrom('insert', 'remove', 'replace'))
  .map(([text, place, nasty, how]) => {
    const at = place % text.length
    const behind = text.slice(how === 'insert' ? at : at + 1)
    return text.slice(0, at) + (how === 'remove' ? '' : nasty) + behind
  })
