// The temporary folder of a run: the files to serve, a certificate, and whatever candidates put there.
import { execFileSync } from 'node:child_process'
import { createHash, randomFillSync } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findTool } from './tools.mjs'

const mebibyte = 1024 * 1024

function makeFiles(folder) {
  const letters = Buffer.from('abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ.0123456789')
  const text = randomFillSync(Buffer.alloc(1024)).map((byte) => letters[byte % letters.length])
  writeFileSync(join(folder, '1k.txt'), text)
  const block = randomFillSync(Buffer.alloc(100 * mebibyte))
  writeFileSync(join(folder, '1m.bin'), block.subarray(0, mebibyte))
  writeFileSync(join(folder, '100m.bin'), block)
}

function makeCertificate(key, cert) {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2']
  const args = ['req', '-x509', ...curve, ...name, '-keyout', key, '-out', cert]
  execFileSync(findTool('openssl'), args, { stdio: 'ignore' })
}

// One user, in the form that every server reads.
export const login = { name: 'bench', password: 'right' }

function makeUsers(file) {
  const hash = createHash('sha1').update(login.password).digest('base64')
  writeFileSync(file, `${login.name}:{SHA}${hash}\n`)
}

export function makeWork() {
  const folder = mkdtempSync(join(tmpdir(), 'oriel-bench-'))
  const at = (name) => join(folder, name)
  const work = { folder, files: at('files'), key: at('key.pem'), cert: at('cert.pem'), users: at('htpasswd') }
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  chmodSync(folder, 0o755) // nginx's worker is another user when the bench is run by root
  mkdirSync(work.files)
  makeFiles(work.files)
  makeCertificate(work.key, work.cert)
  makeUsers(work.users)
  return work
}
