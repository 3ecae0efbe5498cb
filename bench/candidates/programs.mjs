// Who answers with programs: CGI scripts, php-fpm, and a Node application over FastCGI. A CGI script is a child of its
// server and runs on its core; php-fpm and the application run on the load's core.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { behind } from '../harness/backends.mjs'
import { startServer } from '../harness/servers.mjs'
import { findTool } from '../harness/tools.mjs'
import { orielStarter } from './oriel.mjs'

const programs = fileURLToPath(new URL('../programs', import.meta.url))
const phpSocket = (work) => join(work.folder, 'php.sock')
const applicationSocket = (work) => join(work.folder, 'application.sock')

function put(work, name, text) {
  const file = join(work.folder, name)
  writeFileSync(file, text)
  return file
}

function lighttpd(port, work) {
  const config = `
server.modules = ("mod_cgi", "mod_alias")
server.bind = "127.0.0.1"
server.port = ${port}
server.document-root = "${work.files}"
server.max-keep-alive-requests = 65535
server.max-keep-alive-idle = 75
alias.url = ("/cgi-bin/" => "${programs}/")
$HTTP["url"] =~ "^/cgi-bin/" { cgi.assign = ("" => "") }
`
  return startServer(findTool('lighttpd'), ['-D', '-f', put(work, 'lighttpd.conf', config)])
}

function apache(port, work) {
  const modules = ['mpm_event', 'authz_core', 'alias', 'cgid']
  const config = `
${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
ServerName localhost
ServerRoot ${work.folder}
DefaultRuntimeDir ${work.folder}
PidFile ${work.folder}/apache.pid
ScriptSock ${work.folder}/cgid.sock
ErrorLog ${work.folder}/apache.log
LogLevel crit
User www-data
Group www-data
Listen 127.0.0.1:${port}
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 75
StartServers 1
ThreadsPerChild 64
MaxRequestWorkers 64
DocumentRoot ${work.files}
ScriptAlias /cgi-bin/ ${programs}/
<Directory ${programs}>
  Options +ExecCGI
  Require all granted
</Directory>
`
  return startServer(findTool('apache2'), ['-DFOREGROUND', '-f', put(work, 'apache.conf', config)])
}

// `kept`: with as many kept connections as nginx's documentation has in its example for FastCGI.
function nginx(socket, kept) {
  return (port, work) => {
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    const config = `
daemon off;
worker_processes 1;
pid ${work.folder}/nginx-programs.pid;
error_log stderr crit;
events { worker_connections 4096; }
http {
  ${paths.map((name) => `${name}_temp_path ${work.folder}/nginx-${name};`).join('\n  ')}
  access_log off;
  tcp_nodelay on;
  keepalive_timeout 75s;
  keepalive_requests 1000000000;
  upstream back { server unix:${socket(work)}; ${kept ? 'keepalive 8;' : ''} }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location /back/ {
      include /etc/nginx/fastcgi_params;
      fastcgi_param SCRIPT_FILENAME ${programs}/hello.php;
      fastcgi_keep_conn ${kept ? 'on' : 'off'};
      fastcgi_pass back;
    }
  }
}
`
    const file = put(work, 'nginx-programs.conf', config)
    return startServer(findTool('nginx'), ['-p', work.folder, '-c', file, '-e', 'stderr'])
  }
}

function phpFpm(work) {
  const socket = phpSocket(work)
  const config = `
[global]
error_log = ${work.folder}/php-fpm.log
log_level = error
daemonize = no
[www]
listen = ${socket}
listen.backlog = 4096
pm = static
pm.max_children = 8
`
  const root = process.getuid() === 0 ? ['-R'] : []
  const user = process.getuid() === 0 ? 'user = root\ngroup = root\n' : ''
  const file = put(work, 'php-fpm.conf', config + user)
  return { socket, command: findTool('php-fpm8.2'), args: ['-F', '-n', '-y', file, ...root] }
}

function application(work) {
  const socket = applicationSocket(work)
  const env = { BENCH_SOCKET: socket }
  return { socket, command: process.execPath, args: [join(programs, 'fastcgi.mjs')], env }
}

const oriel = (name, socket) => (port, work) => orielStarter({ env: { [name]: `unix:${socket(work)}` } })(port, work)
const cgi = { cgi: '/cgi-bin/simple.sh' }
const php = { php: '/back/hello.php' }
const fastcgi = { fastcgi: '/back/hello' }

export const programCandidates = [
  { name: 'oriel', paths: cgi, start: orielStarter({ env: { BENCH_CGI: 'yes' } }) },
  { name: 'lighttpd', paths: cgi, start: lighttpd },
  { name: 'apache', paths: cgi, start: apache },
  { name: 'oriel', paths: { php: '/php/hello.php' }, start: behind(phpFpm, oriel('BENCH_PHP', phpSocket)) },
  { name: 'nginx', paths: php, start: behind(phpFpm, nginx(phpSocket, false)) },
  { name: 'nginx-kept', paths: php, start: behind(phpFpm, nginx(phpSocket, true)) },
  {
    name: 'oriel',
    paths: { fastcgi: '/application/hello' },
    start: behind(application, oriel('BENCH_FASTCGI', applicationSocket)),
  },
  { name: 'in process', paths: { fastcgi: '/hello' }, start: orielStarter() },
  { name: 'nginx', paths: fastcgi, start: behind(application, nginx(applicationSocket, false)) },
  { name: 'nginx-kept', paths: fastcgi, start: behind(application, nginx(applicationSocket, true)) },
]
