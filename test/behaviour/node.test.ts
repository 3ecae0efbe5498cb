import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createHttp2, createSecureServer } from 'node:http2'
import { createServer as createTls } from 'node:https'
import { nodeHandler } from '../../src/node.ts'
import { selfSigned } from '../support/certificates.ts'
import { listening } from '../support/listening.ts'
import { http1Client, http2Client } from '../support/transports.ts'
import { HTTP2, PARSED } from './cannot.ts'
import { behaviour } from './suite.ts'

const files = selfSigned('localhost')
const absent = typeof files === 'string' ? files : undefined
const secure = (): { cert: Buffer; key: Buffer } =>
  typeof files === 'string'
    ? { cert: Buffer.alloc(0), key: Buffer.alloc(0) }
    : { cert: readFileSync(files.cert), key: readFileSync(files.key) }

behaviour(
  'node:http',
  async (site) => {
    const server = await listening(createServer(nodeHandler(site)))
    return { transport: http1Client(`http://127.0.0.1:${server.port}`), close: server.close }
  },
  PARSED,
)

behaviour(
  'node:https',
  async (site) => {
    const server = await listening(createTls(secure(), nodeHandler(site)))
    return { transport: http1Client(`https://127.0.0.1:${server.port}`), close: server.close }
  },
  PARSED,
  absent,
)

behaviour(
  'node:http2',
  async (site) => {
    const server = await listening(createHttp2(nodeHandler(site)))
    return { transport: http2Client(`http://127.0.0.1:${server.port}`), close: server.close }
  },
  HTTP2,
)

behaviour(
  'node:http2 over TLS',
  async (site) => {
    const server = await listening(createSecureServer({ ...secure(), allowHTTP1: true }, nodeHandler(site)))
    return { transport: http2Client(`https://127.0.0.1:${server.port}`), close: server.close }
  },
  HTTP2,
  absent,
)

behaviour(
  'node:http2 over TLS, HTTP/1.1',
  async (site) => {
    const server = await listening(createSecureServer({ ...secure(), allowHTTP1: true }, nodeHandler(site)))
    return { transport: http1Client(`https://127.0.0.1:${server.port}`), close: server.close }
  },
  PARSED,
  absent,
)
