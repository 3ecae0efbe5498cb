import { newFileMode, removeLeftovers, Upload } from '../../io/upload.ts'
import { HttpError } from '../../message/errors.ts'
import type { IncomingBody, Request } from '../../message/request.ts'
import { Response } from '../../message/response.ts'
import { believeNothing } from './store.ts'
import { earliestDate, validatorsOfStored } from './write-conditions.ts'
import type { Act, Writing } from './writing.ts'

/**
 * PUT (RFC 9110 §9.3.4): the content is written beside its place and takes it whole, 201 where nothing was there and
 * 204 where something was. What is no whole content, or cannot be stored as what it says that it is, is refused.
 * @param sync Whether the content is on the disk before it takes its place.
 */
export function putting(sync: boolean): Act {
  return async (writing) => {
    const { request, folder, name, find } = writing
    checkContent(request)
    await writing.look()
    await clean(writing)
    const upload = await Upload.begin(folder, request.body?.declared)
    try {
      await receive(request.body, upload)
      await upload.end(sync)
      const replaced = await writing.alone(async (entry) => {
        upload.finish(entry?.mode ?? newFileMode(), earliestDate(folder, name, entry))
        if (!onlyNew(request)) await upload.replace(name)
        else if (!(await upload.create(name))) throw new HttpError(412)
        believeNothing()
        return entry
      })
      const headers = await validatorsOfStored(request, upload, find)
      return new Response(null, { status: replaced === undefined ? 201 : 204, headers })
    } finally {
      await upload.close()
    }
  }
}

/** @throws HttpError for a part of a file (RFC 9110 §14.5), and for content that would be served as what it is not. */
function checkContent({ headers }: Request): void {
  if (headers.has('content-range'))
    throw new HttpError(400, { code: 'content-range', detail: 'A file is written whole, not in parts.' })
  const coding = headers.get('content-encoding')
  if (coding === null || coding.toLowerCase() === 'identity') return
  // RFC 9110 §15.5.16, §12.5.3
  const detail = 'Content is stored as it comes, and would be served without its coding. Send it without one.'
  throw new HttpError(415, { code: 'content-encoding', headers: { 'Accept-Encoding': 'identity' }, detail })
}

function onlyNew({ headers }: Request): boolean {
  return headers.get('if-none-match') === '*'
}

async function receive(body: IncomingBody | null, upload: Upload): Promise<void> {
  if (body === null) return
  for await (const piece of body) await upload.write(piece)
  if (body.declared !== undefined && upload.size !== body.declared)
    throw new HttpError(400, { code: 'body-incomplete', detail: 'The content ended before its time.' })
}

/** How often a folder is looked through for what killed processes left, in milliseconds. */
const CLEAN_AGAIN = 60 * 60 * 1000
const MAX_REMEMBERED = 1000
const cleaned = new Map<string, number>()

async function clean({ folder, telling }: Writing): Promise<void> {
  const now = performance.now()
  const last = cleaned.get(folder.path)
  if (last !== undefined && now - last < CLEAN_AGAIN) return
  if (cleaned.size >= MAX_REMEMBERED) cleaned.clear()
  cleaned.set(folder.path, now)
  try {
    await removeLeftovers(folder)
  } catch (error) {
    telling.report('warn', 'What aborted uploads left could not be removed.', { folder: folder.path, error })
  }
}
