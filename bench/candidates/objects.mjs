// Who answers with a published object: in another process, on the load's core, or in this one; beside a file of nginx's, and
// a CGI program of Python's.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { behind } from '../harness/backends.mjs'
import { nginxStarter } from './nginx.mjs'
import { orielStarter } from './oriel.mjs'

const programs = fileURLToPath(new URL('../programs', import.meta.url))
const python = fileURLToPath(new URL('../../python', import.meta.url))
const socketOf = (work) => join(work.folder, 'object.sock')

function published(command, file, env = {}) {
  return (work) => {
    const socket = socketOf(work)
    return { socket, command, args: [join(programs, file)], env: { BENCH_SOCKET: socket, ...env } }
  }
}

const typescript = published(process.execPath, 'object.mjs')
const dumb = published('/usr/bin/python3', 'dumb.py', { PYTHONPATH: python, PYTHONDONTWRITEBYTECODE: '1' })
const oriel = (port, work) => orielStarter({ env: { BENCH_OBJECTS: `fastcgi:unix:${socketOf(work)}` } })(port, work)
const inProcess = orielStarter({ env: { BENCH_OBJECTS: `module:${join(programs, 'object.mjs')}` } })

const paths = (path) => ({ objects: path, 'objects-10': path, 'objects-1': path })

function nginx(port, work) {
  writeFileSync(join(work.files, 'index.html'), 'Hello')
  return nginxStarter()(port, work)
}

export const objectCandidates = [
  { name: 'oriel', paths: paths('/hello@bench'), start: behind(typescript, oriel) },
  { name: 'in process', paths: paths('/hello@bench'), start: inProcess },
  { name: 'nginx', paths: paths('/files/index.html'), start: nginx },
  { name: 'oriel', paths: { 'objects-python': '/dumb@bench' }, start: behind(dumb, oriel) },
  {
    name: 'cgi',
    paths: { 'objects-python': '/cgi-bin/simple1.py' },
    start: orielStarter({ env: { BENCH_CGI: 'yes' } }),
  },
]
