// The programs the bench needs, where they are, and which Debian package has each.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Failure } from './failure.mjs'

const packages = {
  wrk: 'wrk',
  h2load: 'nghttp2-client',
  nginx: 'nginx',
  taskset: 'util-linux',
  openssl: 'openssl',
  lighttpd: 'lighttpd',
  apache2: 'apache2',
  'php-fpm8.2': 'php-fpm',
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

// nginx lives in /usr/sbin, which is not on every user's PATH.
export function findTool(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
  const file = folders.map((folder) => join(folder, name)).find(isProgram)
  if (!file) throw new Failure(`${name} is not installed: apt-get install ${packages[name]} (a Debian package).`)
  return file
}
