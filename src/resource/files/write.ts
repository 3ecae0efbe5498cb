import { join, resolve } from 'node:path'
import { type Entry, OpenFolder } from '../../io/open-folder.ts'
import { Turns } from '../../io/turns.ts'
import type { Handler } from '../../message/interface.ts'
import type { Request } from '../../message/request.ts'
import type { Explain } from '../explain.ts'
import { deleting } from './delete.ts'
import { finder } from './find.ts'
import type { Locate } from './locate.ts'
import { makingFolder } from './mkcol.ts'
import type { FilesOptions, FilesPlace } from './options.ts'
import { putting } from './put.ts'
import { entryOf, type Target, targetOf } from './target.ts'
import { checkConditions } from './write-conditions.ts'
import { type Telling, writeFailure } from './write-errors.ts'
import { checkEntry, checkTarget, type WritingMethod } from './write-rules.ts'
import type { Act } from './writing.ts'

/** The methods of a folder that can be written, and what `explain` says of them. */
export interface Writer {
  readonly methods: Readonly<Record<WritingMethod, Handler>>
  readonly explain: Explain
}

/** Several routes may lead to one file. */
const turns = new Turns()

/** @param keeps Whether a file of some size has a tag made of its content, as for reading. */
export function writer(
  options: FilesOptions,
  place: FilesPlace,
  locate: Locate,
  keeps: (size: number) => boolean,
): Writer {
  // Paths are taken as they are: nothing is written by way of `try`, or as the index page of a folder.
  const { try: _, ...asTheyAre } = options
  const find = finder(locate, { ...asTheyAre, index: [] }, place, keeps)
  const root = resolve(place.base, options.root)

  /** Has something done in the folder that a path is in, and holds it open meanwhile. */
  const within = async <T>(
    method: WritingMethod,
    request: Request,
    telling: Telling,
    act: (folder: OpenFolder, target: Target) => Promise<T>,
  ): Promise<T> => {
    let folder: OpenFolder | undefined
    let path = root
    try {
      const target = await targetOf(request.rest, locate, options.dotfiles ?? false)
      checkTarget(method, target)
      path = target.folder
      folder = OpenFolder.open(path)
      return await act(folder, target)
    } catch (error) {
      throw writeFailure(error, path, telling)
    } finally {
      folder?.close()
    }
  }

  const possible = async (method: WritingMethod, folder: OpenFolder, target: Target): Promise<Entry | undefined> => {
    const entry = await entryOf(folder, target.name, place)
    checkEntry(method, target, entry)
    return entry
  }

  const handler = (method: WritingMethod, act: Act): Handler => {
    return (request, { exchange }) =>
      within(method, request, exchange, (folder, target) => {
        const { name } = target
        const look = async (): Promise<Entry | undefined> => {
          const entry = await possible(method, folder, target)
          await checkConditions(request, entry, find)
          return entry
        }
        const alone = <T>(last: (entry: Entry | undefined) => Promise<T>): Promise<T> =>
          turns.take(join(folder.path, name), async () => {
            folder.verify()
            return last(await look())
          })
        return act({ request, folder, name, find, telling: exchange, look, alone })
      })
  }

  const explain: Explain = (request) => {
    const method = request.method as WritingMethod
    return within(method, request, SILENT, async (folder, target) => {
      const entry = await possible(method, folder, target)
      folder.checkWritable()
      const what = method === 'MKCOL' || entry?.kind === 'folder' ? 'folder' : 'file'
      return [
        [what, join(folder.path, target.name)],
        ['status', STATUS[method](entry)],
      ]
    })
  }

  const PUT = handler('PUT', putting(typeof options.write !== 'object' || options.write.sync !== false))
  return { methods: { PUT, DELETE: handler('DELETE', deleting), MKCOL: handler('MKCOL', makingFolder) }, explain }
}

const SILENT: Telling = { aborted: false, report() {} }

const STATUS: Readonly<Record<WritingMethod, (entry: Entry | undefined) => string>> = {
  PUT: (entry) => (entry === undefined ? '201: a new file' : `204: replaces a file of ${entry.facts.size} bytes`),
  DELETE: (entry) => (entry?.kind === 'folder' ? '204: removed if it is empty, else 409' : '204: removed'),
  MKCOL: () => '201: a new folder',
}
