import { HttpError } from '../../message/errors.ts'
import { Response } from '../../message/response.ts'
import { believeNothing } from './store.ts'
import type { Act } from './writing.ts'

/** MKCOL (RFC 4918 §9.3): makes a folder. Its path may end with a slash, or not. */
export const makingFolder: Act = async ({ request, folder, name, look }) => {
  const { body } = request
  // RFC 4918 §9.3: content would say what is to be in it, and no kind of that is understood.
  if (body !== null && body.declared !== 0)
    throw new HttpError(415, { code: 'content', detail: 'A folder is made empty: send no content.' })
  await look()
  await folder.makeFolder(name)
  believeNothing()
  return new Response(null, { status: 201 })
}
