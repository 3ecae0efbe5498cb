// Who calls a WSGI application: Oriel with its host, uWSGI by each of its wires and gunicorn behind nginx. One process of
// Python, the same for all, on the load's core.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { behind } from '../harness/backends.mjs'
import { startServer } from '../harness/servers.mjs'
import { findTool } from '../harness/tools.mjs'
import { orielStarter } from './oriel.mjs'

const host = fileURLToPath(new URL('../../python/oriel/wsgi', import.meta.url))
const programs = fileURLToPath(new URL('../programs', import.meta.url))
// Debian's packages belong to this one.
const PYTHON = '/usr/bin/python3'
const env = { PYTHONPATH: programs, PYTHONDONTWRITEBYTECODE: '1' }
const socketOf = (work) => join(work.folder, 'wsgi.sock')
/** As many as there are clients in these rows. */
const KEPT = 16

const ours = (name) => (work) => {
  const socket = socketOf(work)
  return { socket, command: PYTHON, args: [host, `small:${name}`, '--socket', socket], env }
}

const uwsgi = (wire) => (name) => (work) => {
  const socket = socketOf(work)
  const args = ['--plugin', 'python3', '--die-on-term', '--disable-logging', '--listen', '128', '--need-app']
  args.push('--pythonpath', programs, '--module', `small:${name}`, `--${wire}`, socket)
  // It keeps a connection by a thread for each.
  if (wire === 'http11-socket') args.push('--so-keepalive', '--threads', String(KEPT))
  return { socket, command: findTool('uwsgi-core'), args, env }
}

const gunicorn = (name) => (work) => {
  const socket = socketOf(work)
  const args = ['--workers', '1', '--bind', `unix:${socket}`, '--log-level', 'error', `small:${name}`]
  return { socket, command: findTool('gunicorn'), args, env }
}

const PASS = {
  uwsgi: 'include /etc/nginx/uwsgi_params; uwsgi_pass back;',
  fastcgi: 'include /etc/nginx/fastcgi_params; fastcgi_pass back;',
  http: 'proxy_pass http://back; proxy_set_header Host $host;',
  kept: 'proxy_pass http://back; proxy_set_header Host $host; proxy_http_version 1.1; proxy_set_header Connection "";',
}

function nginx(wire) {
  return (port, work) => {
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    const kept = wire === 'kept' ? `keepalive ${KEPT}; keepalive_requests 1000000000;` : ''
    const config = `
daemon off;
worker_processes 1;
pid ${work.folder}/nginx-wsgi.pid;
error_log stderr crit;
events { worker_connections 4096; }
http {
  ${paths.map((name) => `${name}_temp_path ${work.folder}/nginx-${name};`).join('\n  ')}
  access_log off;
  tcp_nodelay on;
  keepalive_timeout 75s;
  keepalive_requests 1000000000;
  upstream back { server unix:${socketOf(work)}; ${kept} }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / { ${PASS[wire]} }
  }
}
`
    const file = join(work.folder, 'nginx-wsgi.conf')
    writeFileSync(file, config)
    return startServer(findTool('nginx'), ['-p', work.folder, '-c', file, '-e', 'stderr'])
  }
}

const oriel = (port, work) => orielStarter({ env: { BENCH_WSGI: `unix:${socketOf(work)}` } })(port, work)

const WAYS = [
  ['oriel', '/wsgi/hello', ours, oriel],
  ['uwsgi', '/hello', uwsgi('uwsgi-socket'), nginx('uwsgi')],
  ['uwsgi-fastcgi', '/hello', uwsgi('fastcgi-socket'), nginx('fastcgi')],
  ['uwsgi-http11', '/hello', uwsgi('http11-socket'), nginx('kept')],
  ['gunicorn', '/hello', gunicorn, nginx('http')],
]

export const wsgiCandidates = WAYS.flatMap(([name, path, back, front]) => [
  { name, paths: { wsgi: path }, start: behind(back('application'), front) },
  { name, paths: { flask: path }, start: behind(back('flask_application'), front) },
])
