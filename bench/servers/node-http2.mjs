// Node's own HTTP/2 at its barest: node:http2 and a stream handler, without the layer that looks like node:http.
import { readFileSync } from 'node:fs'
import http2 from 'node:http2'
import { join } from 'node:path'
import { port, tlsOptions } from './settings.mjs'

const hello = Buffer.from('Hello')
const files = process.env.BENCH_FILES
const file = files ? readFileSync(join(files, '1k.txt')) : hello

const server = http2.createSecureServer(tlsOptions)
server.on('stream', (stream, headers) => {
  const body = headers[':path'].startsWith('/files/') ? file : hello
  stream.respond({ ':status': 200, 'content-type': 'text/plain', 'content-length': body.length })
  stream.end(body)
})
server.listen(port, '127.0.0.1')
