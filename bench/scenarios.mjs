// The rows of the table. A goal is the least that Oriel's figure divided by the candidate's must be; a limit is the
// most that Oriel's own figure may be.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { login } from './harness/work.mjs'
import { measureIdle } from './measure/idle.mjs'
import { measureLoad } from './measure/load.mjs'
import { measureStartup } from './measure/startup.mjs'

const hello = () => Buffer.from('Hello')
const file = (name) => (work) => readFileSync(join(work.files, name))
const requests = { measure: measureLoad, unit: 'req/s', connections: 64 }
const http2 = { measure: measureLoad, unit: 'req/s', connections: 16, http2: true }
// A program's answer need not tell its length.
const program = { measure: measureLoad, unit: 'req/s', fields: ['date', 'content-type'] }
const basic = Buffer.from(`${login.name}:${login.password}`).toString('base64')
// The login is the same each time, as browsers send it.
const guarded = { ...requests, headers: { Authorization: `Basic ${basic}` } }
const large = { measure: measureLoad, unit: 'MiB/s' }

export const scenarios = [
  {
    ...requests,
    name: 'hello',
    title: 'Hello, in-process resource',
    body: hello,
    goals: { floor: 0.9, 'node:http': 1.5, fastify: 1.5, nginx: 0.78 },
  },
  { ...requests, name: 'hello-log', title: 'Hello, access log on', body: hello },
  {
    ...requests,
    name: 'logged',
    title: 'Hello, one JSON access log to a file',
    body: hello,
  },
  { ...guarded, name: 'guarded', title: 'Hello behind a Basic guard', body: hello },
  {
    ...guarded,
    name: 'guarded-logged',
    title: 'Hello behind a Basic guard, one JSON access log to a file',
    body: hello,
    goals: { without: 0.85 },
  },
  { ...requests, name: 'hello-tls', title: 'Hello over TLS', body: hello, goals: { floor: 0.9 } },
  { ...http2, name: 'hello-h2', title: 'Hello over HTTP/2', body: hello, goals: { 'node:http2': 0.9 } },
  { ...http2, name: 'file-1k-h2', title: 'File of 1 KiB over HTTP/2', body: file('1k.txt'), goals: { nginx: 0.9 } },
  { ...requests, name: 'file-1k', title: 'File of 1 KiB', body: file('1k.txt'), goals: { floor: 0.88, nginx: 1.1 } },
  { ...requests, name: 'file-1k-log', title: 'File of 1 KiB, access log on', body: file('1k.txt') },
  {
    ...requests,
    name: 'workers',
    title: 'Hello, two workers on one core',
    body: hello,
    goals: { 'one process': 0.9 },
  },
  {
    ...requests,
    name: 'workers-file',
    title: 'File of 1 KiB, two workers on one core',
    body: file('1k.txt'),
    goals: { 'one process': 0.9 },
  },
  {
    ...large,
    name: 'file-1m',
    title: 'File of 1 MiB, from memory',
    body: file('1m.bin'),
    connections: 16,
    goals: { nginx: 1 },
  },
  {
    ...large,
    name: 'file-1m-uncached',
    title: 'File of 1 MiB, uncached',
    body: file('1m.bin'),
    connections: 16,
    goals: { nginx: 0.85 },
  },
  {
    ...large,
    name: 'file-100m',
    title: 'File of 100 MiB',
    body: file('100m.bin'),
    connections: 4,
    goals: { nginx: 0.85 },
  },
  {
    ...program,
    name: 'cgi',
    title: 'CGI, simple.sh',
    children: true,
    body: () => Buffer.from('Hello.\n'),
    connections: 16,
    goals: { lighttpd: 1.2, apache: 1.5 },
  },
  {
    ...program,
    name: 'php',
    title: 'PHP by php-fpm',
    body: hello,
    connections: 16,
    goals: { nginx: 1, 'nginx-kept': 1 },
  },
  {
    ...program,
    name: 'fastcgi',
    title: 'Node application over FastCGI',
    body: hello,
    connections: 64,
    goals: { 'in process': 0.6, nginx: 1.3, 'nginx-kept': 1.3 },
  },
  {
    ...program,
    name: 'proxy',
    title: 'Reverse proxy',
    body: hello,
    connections: 64,
    goals: { nginx: 1.2, 'nginx-kept': 1.2 },
  },
  {
    ...program,
    name: 'wsgi',
    title: 'Small WSGI application, one process',
    body: hello,
    connections: 16,
    goals: { uwsgi: 1, 'uwsgi-fastcgi': 1, 'uwsgi-http11': 1, gunicorn: 2 },
  },
  {
    ...program,
    name: 'flask',
    title: 'Flask, one process',
    body: hello,
    connections: 16,
    goals: { uwsgi: 1, 'uwsgi-fastcgi': 1, 'uwsgi-http11': 1, gunicorn: 1.5 },
  },
  ...[64, 10, 1].map((connections) => ({
    ...program,
    name: connections === 64 ? 'objects' : `objects-${connections}`,
    title: `Published object, ${connections === 1 ? '1 client' : `${connections} clients`}`,
    body: hello,
    connections,
    ...(connections === 64 && { goals: { 'in process': 0.7, nginx: 0.95 } }),
  })),
  {
    ...program,
    name: 'objects-python',
    title: 'Python object that reads a form, as dumb.py',
    body: hello,
    children: true,
    connections: 10,
    goals: { cgi: 8 },
  },
  {
    ...program,
    name: 'fastcgi-slow',
    title: 'The same beside a reader of 1 byte/s',
    body: hello,
    connections: 64,
    goals: { alone: 0.9 },
  },
  {
    name: 'idle',
    title: '10,000 idle connections',
    measure: measureIdle,
    unit: 'MiB RSS',
    body: hello,
    connections: 10_000,
    limit: 110,
    maxRounds: 3,
  },
  { name: 'startup', title: 'Spawn to first answer', measure: measureStartup, unit: 'ms', limit: 250 },
]
