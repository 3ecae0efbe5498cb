import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { onFreePort, openFolder, outputOf, type Peer, ROOT, startPeer } from './peer-process.ts'
import { needPeer } from './peers.ts'

/** What of a test a server is started for: it ends with it. */
export type PeerTest = Pick<TestContext, 'after' | 'skip'>

/** A web server that somebody else wrote. */
export interface WebServer extends Peer {
  /** Without a slash at its end. */
  readonly url: string
}

const KINDS_OF_NGINX = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
const APACHE_MODULES = [
  ...['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'auth_basic', 'authnz_fcgi', 'alias', 'env', 'setenvif'],
  ...['mime', 'dir', 'rewrite', 'headers', 'proxy', 'proxy_fcgi', 'proxy_scgi', 'fcgid', 'cgid'],
]

/** Starts nginx with what stands in a `server` block, but for `listen`; undefined where the test is skipped. */
export function startNginx(t: PeerTest, block: string): Promise<WebServer | undefined> {
  const config = (folder: string, port: number): string => `
${ROOT ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid ${folder}/pid;
error_log stderr info;
events { worker_connections 500; }
http {
  ${KINDS_OF_NGINX.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  include /etc/nginx/mime.types;
  access_log off;
  server {
    listen 127.0.0.1:${port};
    ${block}
  }
}
`
  return startServer(t, 'nginx', config, (file, folder) => ['-p', folder, '-c', file, '-e', 'stderr'])
}

/**
 * Starts Apache with directives for the whole server, the modules for CGI, FastCGI and SCGI loaded, and more of them; undefined where the
 * test is skipped. Started as root it answers as www-data, who must be able to read what it serves: see `openFolder`.
 */
export function startApache(
  t: PeerTest,
  directives: string,
  modules: readonly string[] = [],
): Promise<WebServer | undefined> {
  const config = (folder: string, port: number): string => `
${[...APACHE_MODULES, ...modules].map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
${ROOT ? 'User www-data\nGroup www-data' : ''}
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
PidFile ${folder}/pid
Mutex file:${folder}
ErrorLog ${outputOf(folder)}
ScriptSock ${folder}/cgid
FcgidIPCDir ${folder}/fcgid
FcgidProcessTableFile ${folder}/fcgid-table
TypesConfig /etc/mime.types
DocumentRoot ${folder}
${directives}
`
  return startServer(t, 'apache2', config, (file, folder) => ['-d', folder, '-f', file, '-D', 'FOREGROUND'])
}

/**
 * Starts lighttpd with more settings, the modules for CGI and FastCGI loaded; undefined where the test is skipped. It
 * wants a `server.document-root` in any case.
 */
export function startLighttpd(t: PeerTest, settings: string): Promise<WebServer | undefined> {
  const config = (folder: string, port: number): string => `
server.modules = ("mod_alias", "mod_rewrite", "mod_setenv", "mod_auth", "mod_fastcgi", "mod_scgi", "mod_cgi")
server.bind = "127.0.0.1"
server.port = ${port}
server.upload-dirs = ("${folder}")
${settings}
`
  return startServer(t, 'lighttpd', config, (file) => ['-D', '-f', file])
}

/** Starts Caddy with what stands in a site's block of a Caddyfile; undefined where the test is skipped. */
export function startCaddy(t: PeerTest, site: string): Promise<WebServer | undefined> {
  const config = (_folder: string, port: number): string => `
{
  admin off
  auto_https off
  grace_period 1s
}
http://:${port} {
  bind 127.0.0.1
  ${site}
}
`
  const args = (file: string): string[] => ['run', '--adapter', 'caddyfile', '--config', file]
  return startServer(t, 'caddy', config, args)
}

async function startServer(
  t: PeerTest,
  name: string,
  config: (folder: string, port: number) => string,
  args: (file: string, folder: string) => readonly string[],
): Promise<WebServer | undefined> {
  const program = needPeer(t, name)
  if (program === undefined) return undefined
  return onFreePort(async (port) => {
    const folder = openFolder()
    const file = join(folder, 'config')
    writeFileSync(file, config(folder, port))
    // Caddy keeps state in the home folder.
    const env = { HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder }
    const peer = await startPeer(t, program, args(file, folder), { port }, { folder, env })
    return { ...peer, url: `http://127.0.0.1:${port}` }
  })
}
