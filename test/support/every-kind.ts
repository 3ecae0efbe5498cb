import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { DJANGO, MODULE, NGINX, PHP, PROGRAM, WSGI } from './every-program.ts'
import { startFcgiwrap } from './fastcgi-programs.ts'
import { openFolder, startPeer } from './peer-process.ts'
import { needModules, needPeer } from './peers.ts'
import { startPhpFpm } from './php-fpm.ts'
import { startNginx } from './web-servers.ts'

/** One kind of resource, with the real thing behind it. */
export interface Kind {
  readonly name: string
  /** The keys of its route, but for `match`, as JavaScript. */
  readonly keys: string
  /** Whether it tells at `/who` who asked, as JSON, and answers `/missing` and `/fails` with words of its own. */
  readonly tells: boolean
  /** Where its application is, under the mount of the route. */
  readonly path: string
}

export interface EveryKind {
  readonly kinds: readonly Kind[]
  readonly folder: string
  /** The object servers that some of them name: a key of the config, with the comma behind it. */
  readonly objects: string
}

/** The package as it is installed: a program of its own knows no other one. */
const ORIEL = join(import.meta.dirname, '../../../dist/index.js')
const OBJECT = `import { publish } from '${ORIEL}'
import * as told from './module.mjs'
await publish('anybody', { told })
`

/** The Python that Debian's packages belong to. */
const PYTHON = '/usr/bin/python3'

/** Every kind of resource, all of them running; undefined: a peer is missing, and the test is skipped. */
export async function everyKind(t: TestContext): Promise<EveryKind | undefined> {
  const folder = openFolder({
    'files/hello': 'hello from files',
    'written/hello': 'hello from written',
    'module.mjs': MODULE,
    'object.mjs': OBJECT,
    'node_modules/oriel/package.json': `{ "name": "oriel", "type": "module", "exports": "./index.js" }`,
    'node_modules/oriel/index.js': `export * from '${ORIEL}'`,
    'cgi/program.py': PROGRAM,
    'php/program.php': PHP,
    'site_app.py': WSGI,
    'django_app.py': DJANGO,
  })
  chmodSync(join(folder, 'cgi/program.py'), 0o755)
  chmodSync(join(folder, 'written'), 0o777)
  if (!needModules(t, PYTHON, ['django', 'uvicorn'])) return undefined
  const fcgiwrap = await startFcgiwrap(t, 4)
  const fpm = await startPhpFpm(t, { 'pm.max_children': 4 })
  const nginx = await startNginx(t, NGINX)
  const scgi = await startScgi(t, folder)
  const gunicorn = needPeer(t, 'gunicorn')
  if (
    fcgiwrap === undefined ||
    fpm === undefined ||
    nginx === undefined ||
    scgi === undefined ||
    gunicorn === undefined
  ) {
    return undefined
  }
  const python = JSON.stringify(PYTHON)
  const kind = (name: string, keys: string, path: string = '', tells: boolean = true): Kind => ({
    name,
    keys,
    path,
    tells,
  })
  const kinds = [
    kind('files', `files: './files'`, '', false),
    kind('written', `files: { root: './written', write: true }`, '', false),
    kind('module', `module: './module.mjs'`),
    kind('object-here', `object: 'told@here'`),
    kind('object', `object: 'told@there'`),
    kind('cgi', `cgi: './cgi'`, '/program.py'),
    kind('fastcgi', `fastcgi: { address: 'unix:${fcgiwrap.socket}', root: './cgi', suffix: '.py' }`, '/program.py'),
    kind('php', `fastcgi: { address: 'unix:${fpm.socket}', root: './php', suffix: '.php' }`, '/program.php'),
    kind('scgi', `scgi: 'unix:${scgi}'`),
    kind('wsgi', `wsgi: { module: 'django_app', python: ${python}, processes: 2 }`),
    kind('proxy', `proxy: { address: '${nginx.url}', user: 'X-Remote-User' }`),
    kind(
      'app',
      `app: { command: '${gunicorn} --threads 4 --bind unix:$SOCKET site_app:application', forward: { path: '/', user: 'X-Remote-User' } }`,
    ),
  ]
  const objects = `objects: { here: 'module:./object.mjs', there: { handle: 'command:${process.execPath} object.mjs', processes: 2 } },`
  return { kinds, folder, objects }
}

/** uWSGI with an SCGI socket. */
async function startScgi(t: TestContext, folder: string): Promise<string | undefined> {
  const program = needPeer(t, 'uwsgi')
  if (program === undefined) return undefined
  const socket = join(folder, 'scgi.sock')
  const words = ['--plugin', 'python3', '--scgi-socket', socket, '--chmod-socket=666', '--chdir', folder, '--master']
  const more = ['--die-on-term', '--threads', '4', '--need-app', '--module', 'site_app']
  await startPeer(t, program, [...words, ...more], { path: socket }, { folder })
  return socket
}
