import { existsSync } from 'node:fs'
import { HttpError } from '../../message/errors.ts'
import type { Request } from '../../message/request.ts'

/** The system will have room again. */
const SHORTAGES = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM'])
/** Bytes of a request above which it is to blame where the environment is longer than the system takes. */
const LARGE_HEAD = 65536

/** What a client is told where the program for its request could not be started. */
export function startError(cause: unknown, file: string, request: Request): HttpError {
  const { code = '' } = cause as NodeJS.ErrnoException
  if (SHORTAGES.has(code)) return new HttpError(503, { code: 'cgi.start', headers: { 'Retry-After': '1' }, cause })
  if (code === 'E2BIG' && sizeOf(request) > LARGE_HEAD) return new HttpError(431, { code: 'cgi.start', cause })
  if (code === 'ENOENT' && !existsSync(file)) return new HttpError(404, { cause })
  return new HttpError(500, { code: 'cgi.start', cause })
}

function sizeOf({ target, headers }: Request): number {
  return headers.fields().reduce((sum, text) => sum + text.length, target.length)
}
