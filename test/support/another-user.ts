import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { ORIEL } from './command.ts'

/** Why a test cannot have Oriel become another user here; false where it can. */
export function noOtherUser(): string | false {
  if (process.getuid?.() !== 0) return 'only root can become another user'
  for (let path = ORIEL; path !== dirname(path); path = dirname(path)) {
    if ((statSync(path).mode & 0o005) !== 0o005 && path !== ORIEL) return `${path} is not for all users to read`
  }
  return false
}
