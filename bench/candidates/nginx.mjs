// Debian's nginx: one worker, in the foreground, tuned as in its own documentation. Logs are off, or in the access-log
// rows on: combined, to a file, each line written at once or through a buffer of 64 KiB.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startServer } from '../harness/servers.mjs'
import { findTool } from '../harness/tools.mjs'

const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
const logFile = (work) => join(work.folder, 'nginx-access.log')

const config = (work, listen, accessLog) => `
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid ${work.folder}/nginx.pid;
error_log stderr crit;
events { worker_connections 16000; }
http {
  ${paths.map((name) => `${name}_temp_path ${work.folder}/nginx-${name};`).join('\n  ')}
  types { text/plain txt; application/octet-stream bin; }
  default_type text/plain;
  access_log ${accessLog};
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  keepalive_timeout 75s;
  keepalive_requests 1000000000;
  open_file_cache max=1000 inactive=60s;
  open_file_cache_valid 60s;
  open_file_cache_min_uses 1;
  ssl_protocols TLSv1.2 TLSv1.3;
  server {
    listen ${listen};
    location = /hello { return 200 'Hello'; }
    # Not 'return' beside it: that is obeyed before anybody is asked for a password.
    location = /guarded { auth_basic 'bench'; auth_basic_user_file ${work.users}; try_files /nothing @hello; }
    location @hello { return 200 'Hello'; }
    location /files/ { alias ${work.files}/; }
  }
}
`

export function nginxStarter({ tls = false, http2 = false, accessLog = () => 'off' } = {}) {
  return (port, work) => {
    const certificate = `;\n    ssl_certificate ${work.cert};\n    ssl_certificate_key ${work.key}`
    const listen = `127.0.0.1:${port} backlog=4096${tls ? ` ssl${http2 ? ' http2' : ''}${certificate}` : ''}`
    const file = join(work.folder, 'nginx.conf')
    writeFileSync(file, config(work, listen, accessLog(work)))
    return startServer(findTool('nginx'), ['-p', work.folder, '-c', file, '-e', 'stderr'])
  }
}

const files = {
  'file-1k': '/files/1k.txt',
  'file-1m': '/files/1m.bin',
  'file-1m-uncached': '/files/1m.bin',
  'file-100m': '/files/100m.bin',
}
const http2 = { 'hello-h2': '/hello', 'file-1k-h2': '/files/1k.txt' }
const logged = { 'hello-log': '/hello', 'file-1k-log': '/files/1k.txt', logged: '/hello' }
const guarded = { 'guarded-logged': '/guarded' }
const unbuffered = (work) => `${logFile(work)} combined`
const buffered = (work) => `${logFile(work)} combined buffer=64k`

export const nginxCandidates = [
  { name: 'nginx', paths: { hello: '/hello', ...files }, start: nginxStarter() },
  { name: 'nginx', paths: { 'hello-tls': '/hello' }, scheme: 'https', start: nginxStarter({ tls: true }) },
  { name: 'nginx', paths: http2, scheme: 'https', start: nginxStarter({ tls: true, http2: true }) },
  { name: 'nginx', paths: logged, start: nginxStarter({ accessLog: unbuffered }), log: logFile },
  { name: 'nginx-buffered', paths: logged, start: nginxStarter({ accessLog: buffered }), log: logFile },
  { name: 'nginx', paths: { guarded: '/guarded' }, start: nginxStarter(), guarded: true },
  { name: 'nginx', paths: guarded, start: nginxStarter({ accessLog: unbuffered }), log: logFile, guarded: true },
  { name: 'nginx-buffered', paths: guarded, start: nginxStarter({ accessLog: buffered }), log: logFile, guarded: true },
]
