// Oriel itself, as its users start it: the built command with a configuration file.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Failure } from '../harness/failure.mjs'
import { startServer } from '../harness/servers.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const main = join(root, 'dist', 'cli', 'main.js')
const config = join(root, 'bench', 'oriel.config.mjs')
const logFile = (work) => join(work.folder, 'oriel-console.log')
const accessLog = (work) => join(work.folder, 'oriel-access.log')

export function orielStarter({
  tls = false,
  log = false,
  access = false,
  guard = false,
  workers = 1,
  env: more = {},
} = {}) {
  return (port, work) => {
    if (!existsSync(main)) throw new Failure('dist/cli/main.js is not there: npm run build makes it')
    const env = { BENCH_PORT: String(port), BENCH_FILES: work.files, BENCH_WORKERS: String(workers), ...more }
    if (tls) Object.assign(env, { BENCH_TLS_KEY: work.key, BENCH_TLS_CERT: work.cert })
    if (access) Object.assign(env, { BENCH_LOG: accessLog(work) })
    if (guard) env.BENCH_USERS = work.users
    const args = [main, 'serve', '--config', config, ...(log ? [] : ['--quiet'])]
    return startServer(process.execPath, args, { env, cwd: root, stdout: log ? logFile(work) : undefined })
  }
}

const hello = { hello: '/hello', idle: '/hello', startup: '/hello' }
const files = {
  'file-1k': '/files/1k.txt',
  'file-1m': '/files/1m.bin',
  'file-1m-uncached': '/uncached/1m.bin',
  'file-100m': '/files/100m.bin',
}
const secure = { 'hello-tls': '/hello', 'hello-h2': '/hello', 'file-1k-h2': '/files/1k.txt' }
const shared = { workers: '/hello', 'workers-file': '/files/1k.txt' }
const logged = { 'hello-log': '/hello', 'file-1k-log': '/files/1k.txt' }

export const orielCandidates = [
  { name: 'oriel', paths: { ...hello, ...files }, start: orielStarter() },
  { name: 'oriel', paths: secure, scheme: 'https', start: orielStarter({ tls: true }) },
  { name: 'oriel', paths: shared, start: orielStarter({ workers: 2 }) },
  { name: 'one process', paths: shared, start: orielStarter() },
  { name: 'oriel', paths: logged, start: orielStarter({ log: true }), log: logFile },
  { name: 'oriel', paths: { logged: '/hello' }, start: orielStarter({ access: true }), log: accessLog },
  {
    name: 'without',
    paths: { logged: '/hello', guarded: '/hello', 'guarded-logged': '/hello' },
    start: orielStarter(),
  },
  { name: 'oriel', paths: { guarded: '/guarded' }, start: orielStarter({ guard: true }), guarded: true },
  {
    name: 'oriel',
    paths: { 'guarded-logged': '/guarded' },
    start: orielStarter({ guard: true, access: true }),
    log: accessLog,
    guarded: true,
  },
]
