import { readFileSync } from 'node:fs'

/** The number of a group by its name, or the number itself. @throws Error where there is no such group. */
export function groupId(group: string | number): number {
  if (typeof group === 'number' || /^\d{1,9}$/.test(group)) return Number(group)
  const line = groupLine(group) ?? ''
  const id = Number(line.split(':')[2] || Number.NaN)
  if (Number.isSafeInteger(id)) return id
  throw new Error(`there is no group ${group} on this machine`)
}

/** From the file of groups; where they come from elsewhere too (LDAP and the like), getent(1) knows them. */
function groupLine(group: string): string | undefined {
  try {
    const lines = readFileSync('/etc/group', 'utf8').split('\n')
    const line = lines.find((one) => one.startsWith(`${group}:`))
    if (line !== undefined) return line
    const { execFileSync } = process.getBuiltinModule('node:child_process')
    return execFileSync('getent', ['--', 'group', group], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    // Neither is there, or getent knows none: the same to who asks.
    return undefined
  }
}
