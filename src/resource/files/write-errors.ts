import { FolderMoved } from '../../io/open-folder.ts'
import { branded, HTTP_ERROR } from '../../message/brands.ts'
import { HttpError, type HttpErrorInit } from '../../message/errors.ts'
import type { Exchange } from '../../message/exchange.ts'

/** What the system says where something cannot be written: the answer, and the sentence for the log where it is ours. */
const FAILURES: Readonly<Record<string, readonly [status: number, detail: string, report?: string]>> = {
  ENOSPC: [507, 'There is no room left to store this.', 'An upload was refused: the disk is full.'],
  EDQUOT: [507, 'There is no room left to store this.', 'An upload was refused: the quota is used up.'],
  EFBIG: [413, 'This is larger than any file here can be.', 'An upload was refused: no file can be so large here.'],
  EROFS: [403, 'Nothing can be written here.', 'A folder cannot be written: its file system is read-only.'],
  EACCES: [403, 'Nothing can be written here.', 'A folder cannot be written: the server may not. Give it the right.'],
  EPERM: [403, 'Nothing can be written here.', 'A folder cannot be written: the server may not. Give it the right.'],
  ENAMETOOLONG: [400, 'This name is too long for a file.'],
  EINVAL: [400, 'No file can have this name.'],
  EILSEQ: [400, 'No file can have this name.'],
  ENOENT: [409, 'The folder has gone meanwhile.'],
  ENOTDIR: [409, 'The folder has gone meanwhile.'],
  ELOOP: [409, 'The folder has gone meanwhile.'],
  EISDIR: [409, 'A folder has this name.'],
  ENOTEMPTY: [409, 'The folder is not empty.'],
  EEXIST: [409, 'Something of this name is here already.'],
}

/** What a failure is told to. */
export type Telling = Pick<Exchange, 'aborted' | 'report'>

/** What is thrown where writing failed: an answer that says why, and a report where only the operator can help. */
export function writeFailure(error: unknown, folder: string, exchange: Telling): unknown {
  if (branded(error, HTTP_ERROR)) return error
  // Nobody is there to be told, and nothing failed here.
  if (exchange.aborted) return new HttpError(400, { code: 'client-gone', cause: error })
  if (error instanceof FolderMoved) return new HttpError(409, { ...codeAnd(FAILURES['ENOENT']?.[1]), cause: error })
  const { code = '' } = error as NodeJS.ErrnoException
  if (code === 'EMFILE' || code === 'ENFILE')
    return new HttpError(503, { headers: { 'Retry-After': '1' }, cause: error })
  const failure = FAILURES[code]
  if (failure === undefined) return error
  const [status, detail, sentence] = failure
  if (sentence === undefined) return new HttpError(status, { ...codeAnd(detail), cause: error })
  exchange.report('error', sentence, { folder, error })
  return new HttpError(status, codeAnd(detail))
}

function codeAnd(detail: string | undefined): HttpErrorInit {
  return { code: 'not-written', ...(detail !== undefined && { detail }) }
}
