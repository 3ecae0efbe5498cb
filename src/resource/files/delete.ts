import { join } from 'node:path'
import { OpenFolder } from '../../io/open-folder.ts'
import { removeLeftovers } from '../../io/upload.ts'
import { Response } from '../../message/response.ts'
import { believeNothing } from './store.ts'
import type { Act } from './writing.ts'

/** DELETE (RFC 9110 §9.3.5) of a file, or of a folder that is empty. Content of the request means nothing. */
export const deleting: Act = async ({ folder, name, alone }) => {
  await alone(async (entry) => {
    if (entry?.kind === 'folder') await removeFolder(folder, name)
    else await folder.removeFile(name)
    believeNothing()
  })
  return new Response(null, { status: 204 })
}

async function removeFolder(folder: OpenFolder, name: string): Promise<void> {
  try {
    await folder.removeFolder(name)
  } catch (error) {
    if (!NOT_EMPTY.has((error as NodeJS.ErrnoException).code ?? '')) throw error
    await clean(join(folder.path, name))
    await folder.removeFolder(name)
  }
}

/** POSIX lets a system say either. */
const NOT_EMPTY = new Set(['ENOTEMPTY', 'EEXIST'])

/** What a killed process left in it is nothing that a client could see, and must not keep it from being empty. */
async function clean(path: string): Promise<void> {
  const folder = OpenFolder.open(path)
  try {
    await removeLeftovers(folder)
  } finally {
    folder.close()
  }
}
