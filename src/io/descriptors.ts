import { readFileSync } from 'node:fs'

/**
 * How many files and sockets this process may have open at once, as the system has it now (Node raises its own limit
 * to the hard one when it starts). Undefined where the system does not tell.
 */
export function descriptorLimit(): number | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    return openFilesIn(readFileSync('/proc/self/limits', 'utf8'))
  } catch {
    // Not mounted here; a limit that nobody can read is none that we could keep.
    return undefined
  }
}

/** The soft limit of open files, from a text as of /proc/self/limits (proc_pid_limits(5)). */
export function openFilesIn(limits: string): number | undefined {
  const soft = /^Max open files +(\d+|unlimited)/m.exec(limits)?.[1]
  return soft === undefined || soft === 'unlimited' ? undefined : Number(soft)
}

/** What the program itself has open: modules, logs, watchers, listeners, the poll. */
const OWN = 32
/** Of the others, the part that connections may have. The rest is for files that are sent, and for back ends. */
const SHARE = 3 / 4

/**
 * How many connections can be open under a limit of descriptors. Where nothing is left beside them, the system closes
 * connections at random, and files cannot be opened for those that are there.
 */
export function connectionsWithin(limit: number): number {
  return Math.max(1, Math.floor((limit - OWN) * SHARE))
}

/** The connections that can really be open, of those that are wanted. */
export function fitConnections(wanted: number, limit: number | undefined): number {
  return Math.min(wanted, limit === undefined ? wanted : connectionsWithin(limit))
}

/**
 * What to tell who asked for more connections than there are descriptors for; undefined where there are enough.
 * @param processes How many share the connections, each with a limit of its own.
 */
export function connectionsWarning(asked: number, processes: number, limit: number | undefined): string | undefined {
  const each = Math.ceil(asked / processes)
  const connections = fitConnections(each, limit)
  if (connections === each) return undefined
  const needed = Math.ceil(each / SHARE) + OWN
  return (
    `limits.connections is ${asked}, and a process may open only ${limit} files and sockets here: ` +
    `the server will take ${connections * processes} connections. Allow it ${needed}: LimitNOFILE=${needed} in a systemd ` +
    'unit, --ulimit nofile for a container, or ulimit -n before the start.'
  )
}
