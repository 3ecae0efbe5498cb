import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { openFolder, outputOf, type Peer, ROOT, startPeer } from './peer-process.ts'
import { needPeer } from './peers.ts'

/** Settings of the pool by their own names: `'pm.max_children'`, `chdir`, `'php_admin_value[memory_limit]'`. */
export type PoolSettings = Readonly<Record<string, string | number>>

export interface PhpFpm extends Peer {
  /** The path of its Unix socket. */
  readonly socket: string
}

/** Starts php-fpm with a pool of its own, of two workers where nothing else is said; undefined: the test is skipped. */
export async function startPhpFpm(t: TestContext, settings: PoolSettings = {}): Promise<PhpFpm | undefined> {
  const program = needPeer(t, phpFpmName())
  if (program === undefined) return undefined
  const folder = openFolder()
  const socket = join(folder, 'fpm.sock')
  const pool = {
    listen: socket,
    'listen.mode': '0666',
    ...(ROOT && { user: 'root', group: 'root' }),
    pm: 'static',
    'pm.max_children': 2,
    catch_workers_output: 'yes',
    'php_admin_value[session.save_path]': folder,
    'php_admin_value[upload_tmp_dir]': folder,
    ...settings,
  }
  const lines = Object.entries(pool).map(([name, value]) => `${name} = ${value}`)
  const file = join(folder, 'fpm.conf')
  writeFileSync(file, `[global]\nerror_log = ${outputOf(folder)}\n[test]\n${lines.join('\n')}\n`)
  const args = ['--nodaemonize', ...(ROOT ? ['--allow-to-run-as-root'] : []), '--fpm-config', file]
  return { ...(await startPeer(t, program, args, { path: socket }, { folder })), socket }
}

/** Debian has the version in the name: `php-fpm8.2`. */
function phpFpmName(): string {
  return readdirSync('/usr/sbin').find((name) => /^php-fpm\d/.test(name)) ?? 'php-fpm'
}
