// Who forwards to an HTTP server: nginx that answers 5 bytes from its configuration, on the load's core.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { behind } from '../harness/backends.mjs'
import { startServer } from '../harness/servers.mjs'
import { findTool } from '../harness/tools.mjs'
import { orielStarter } from './oriel.mjs'

const socketOf = (work) => join(work.folder, 'upstream.sock')

function nginxConfig(work, name, http) {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const file = join(work.folder, `${name}.conf`)
  const config = `
daemon off;
worker_processes 1;
pid ${work.folder}/${name}.pid;
error_log stderr crit;
events { worker_connections 4096; }
http {
  ${paths.map((path) => `${path}_temp_path ${work.folder}/${name}-${path};`).join('\n  ')}
  access_log off;
  tcp_nodelay on;
  keepalive_timeout 75s;
  keepalive_requests 1000000000;
  ${http}
}
`
  writeFileSync(file, config)
  return ['-p', work.folder, '-c', file, '-e', 'stderr']
}

function upstream(work) {
  const socket = socketOf(work)
  const http = `server { listen unix:${socket} backlog=4096; location / { default_type text/plain; return 200 Hello; } }`
  return { socket, command: findTool('nginx'), args: nginxConfig(work, 'upstream', http) }
}

// `kept`: as its documentation has it, with connections for as many clients as there are.
function nginx(kept) {
  return (port, work) => {
    const http = `
  upstream back { server unix:${socketOf(work)}; ${kept ? 'keepalive 64; keepalive_requests 1000000000;' : ''} }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://back;
      ${kept ? 'proxy_http_version 1.1; proxy_set_header Connection "";' : ''}
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }`
    return startServer(findTool('nginx'), nginxConfig(work, 'front', http))
  }
}

const oriel = (port, work) => orielStarter({ env: { BENCH_PROXY: `unix:${socketOf(work)}` } })(port, work)

export const proxyCandidates = [
  { name: 'oriel', paths: { proxy: '/proxy/hello' }, start: behind(upstream, oriel) },
  { name: 'nginx', paths: { proxy: '/hello' }, start: behind(upstream, nginx(false)) },
  { name: 'nginx-kept', paths: { proxy: '/hello' }, start: behind(upstream, nginx(true)) },
]
