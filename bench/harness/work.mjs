// The temporary folder of a run: the files to serve, a certificate, and whatever candidates put there.
import { execFileSync } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
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

export function makeWork() {
  const folder = mkdtempSync(join(tmpdir(), 'oriel-bench-'))
  const work = { folder, files: join(folder, 'files'), key: join(folder, 'key.pem'), cert: join(folder, 'cert.pem') }
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  chmodSync(folder, 0o755) // nginx's worker is another user when the bench is run by root
  mkdirSync(work.files)
  makeFiles(work.files)
  makeCertificate(work.key, work.cert)
  return work
}
