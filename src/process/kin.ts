import { execFile } from 'node:child_process'
import { readdir, readFile, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { MARK } from './command.ts'

const AT_ONCE = 32

/** A process that was started here, by which all that it started is known too. */
export interface Root {
  readonly pid: number
  readonly mark: string
  readonly uid: number
}

interface Row {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly session: number
  readonly uid: number
  readonly mark: string | undefined
  /** Bytes; undefined where it takes another look. */
  readonly memory: number | undefined
}

/**
 * The processes that live of each of these: itself, its group and session, what carries its mark, though it left them,
 * and all children of those. On Linux a mark counts where the process is the same user's, or this one's; those of root may
 * become anybody.
 */
export async function kinOf(roots: readonly Root[]): Promise<number[][]> {
  const rows = await table()
  return roots.map((root) => found(root, rows).map(({ pid }) => pid))
}

/** Bytes of resident memory of each of these and its kin. Pages that they share count for each. */
export async function memoryOf(roots: readonly Root[]): Promise<number[]> {
  const rows = await table()
  const sums: number[] = []
  for (const root of roots) {
    let sum = 0
    for (const { pid, memory } of found(root, rows)) sum += memory ?? (await residentOf(pid))
    sums.push(sum)
  }
  return sums
}

/** The processes whose mark begins so: of a supervisor that is gone. Only Linux tells. */
export async function markedBy(beginning: string): Promise<number[]> {
  const own = process.getuid?.()
  const rows = await table()
  return rows.filter(({ mark, uid }) => mark?.startsWith(beginning) && (own === 0 || uid === own)).map(({ pid }) => pid)
}

function found(root: Root, rows: readonly Row[]): Row[] {
  const own = process.getuid?.()
  const all = new Set<Row>()
  const pids = new Set<number>()
  const add = (row: Row): void => {
    all.add(row)
    pids.add(row.pid)
  }
  for (const row of rows) {
    const marked = row.mark === root.mark && (root.uid === 0 || row.uid === root.uid || row.uid === own)
    if (marked || row.pid === root.pid || row.group === root.pid || row.session === root.pid) add(row)
  }
  for (let size = -1; size !== all.size; ) {
    size = all.size
    for (const row of rows) if (pids.has(row.parent)) add(row)
  }
  return [...all]
}

/** All processes that live: one that has ended, and that its parent does not want to know of, is none. */
async function table(): Promise<Row[]> {
  if (process.platform !== 'linux') return tableOfPs()
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const rows: (Row | undefined)[] = []
  // Many at once, since each waits for a turn of a loop that may be busy; not all, since each takes a descriptor.
  for (let i = 0; i < pids.length; i += AT_ONCE) {
    rows.push(...(await Promise.all(pids.slice(i, i + AT_ONCE).map((pid) => rowOf(pid)))))
  }
  return rows.filter((row) => row !== undefined)
}

/** By proc_pid_stat(5): what follows the name, which may hold anything, in brackets. */
async function rowOf(pid: number): Promise<Row | undefined> {
  const folder = `/proc/${pid}`
  try {
    const line = await readFile(`${folder}/stat`, 'latin1')
    const [state = '', parent, group, session] = line.slice(line.lastIndexOf(')') + 2).split(' ')
    if (state === 'Z' || state === 'X') return undefined
    const { uid } = await stat(folder)
    const mark = await markOf(folder)
    return {
      pid,
      parent: Number(parent),
      group: Number(group),
      session: Number(session),
      uid,
      mark,
      memory: undefined,
    }
  } catch (error) {
    return hidden(error) ? undefined : ended(error)
  }
}

/** Other users' processes are not for everybody to see (hidepid of proc(5)). */
function hidden(error: unknown): boolean {
  return ['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')
}

/** Whether that is why it cannot be read; if not, as without free descriptors, nobody may think that it is gone. */
function ended(error: unknown): undefined {
  if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
}

const BEFORE = Buffer.from(`\0${MARK}=`)

/** From the environment with which its program began; undefined where there is none, or it is not for this user. */
async function markOf(folder: string): Promise<string | undefined> {
  try {
    const environment = Buffer.concat([Buffer.of(0), await readFile(`${folder}/environ`), Buffer.of(0)])
    const at = environment.indexOf(BEFORE)
    if (at === -1) return undefined
    const from = at + BEFORE.length
    return environment.toString('latin1', from, environment.indexOf(0, from))
  } catch (error) {
    return hidden(error) ? undefined : ended(error)
  }
}

async function residentOf(pid: number): Promise<number> {
  try {
    const [, size = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'latin1')) ?? []
    return Number(size) * 1024
  } catch (error) {
    return ended(error) ?? 0
  }
}

/** Where there is no /proc, as on macOS: nobody tells marks and sessions. */
async function tableOfPs(): Promise<Row[]> {
  const columns = 'pid=,ppid=,pgid=,uid=,rss=,stat='
  const { stdout } = await promisify(execFile)('ps', ['-axo', columns], { maxBuffer: 64 << 20 })
  return stdout.split('\n').flatMap((line) => {
    const [pid, parent, group, uid, memory, state = 'Z'] = line.trim().split(/\s+/)
    if (state.startsWith('Z')) return []
    return [
      {
        pid: Number(pid),
        parent: Number(parent),
        group: Number(group),
        session: -1,
        uid: Number(uid),
        mark: undefined,
        memory: Number(memory) * 1024,
      },
    ]
  })
}
