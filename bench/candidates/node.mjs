// The candidates that are a script of ours in ../servers: the floor, node:http, Fastify and Hono.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startServer } from '../harness/servers.mjs'

function starter(script, environment = () => ({})) {
  const file = fileURLToPath(new URL(`../servers/${script}`, import.meta.url))
  return (port, work) =>
    startServer(process.execPath, [file], { env: { BENCH_PORT: String(port), ...environment(work) } })
}

const tls = (work) => ({ BENCH_TLS_KEY: work.key, BENCH_TLS_CERT: work.cert })
const oneKibibyte = (work) => ({ BENCH_BODY_FILE: join(work.files, '1k.txt') })
const secureFiles = (work) => ({ ...tls(work), BENCH_FILES: work.files })
const http2 = { 'hello-h2': '/hello', 'file-1k-h2': '/files/1k.txt' }
const hello = { hello: '/hello' }
const helloAndMore = { ...hello, idle: '/hello', startup: '/hello' }

export const nodeCandidates = [
  { name: 'floor', paths: helloAndMore, start: starter('floor.mjs') },
  { name: 'floor', paths: { 'file-1k': '/files/1k.txt' }, start: starter('floor.mjs', oneKibibyte) },
  { name: 'floor', paths: { 'hello-tls': '/hello' }, scheme: 'https', start: starter('floor.mjs', tls) },
  { name: 'node:http', paths: helloAndMore, start: starter('node-http.mjs') },
  { name: 'node:http', paths: { 'hello-tls': '/hello' }, scheme: 'https', start: starter('node-http.mjs', tls) },
  { name: 'node:http2', paths: http2, scheme: 'https', start: starter('node-http2.mjs', secureFiles) },
  { name: 'fastify', paths: hello, start: starter('fastify.mjs') },
  { name: 'hono', paths: hello, start: starter('hono.mjs') },
]
