import { acceptedEncodings } from '../../message/negotiation.ts'
import type { Request } from '../../message/request.ts'
import { Response } from '../../message/response.ts'
import { bodyOf, type Document } from './document.ts'
import type { Page } from './find.ts'

/** What is told of a file. */
export function explainPage({ document, variants }: Page): (readonly [string, string])[] {
  const { path, facts } = document.file
  const lines: (readonly [string, string])[] = [
    ['file', path],
    [
      'size',
      `${facts.size} bytes, ${document.bytes === undefined ? 'read from the disk each time' : 'kept in memory'}`,
    ],
  ]
  for (const [name, value] of document.headers) lines.push(['field', `${name}: ${value}`])
  for (const { encoding, document: variant } of variants) lines.push([encoding, variant.file.path])
  return lines
}

/** Whether all of its forms are in memory: then it is good for as long as it is believed. */
export function inMemory(page: Page): boolean {
  return page.document.bytes !== undefined && page.variants.every(({ document }) => document.bytes !== undefined)
}

/** A file as an answer, in the coding that the client likes best. */
export function pageResponse(page: Page, request: Request): Response {
  const document = page.variants.length === 0 ? page.document : chosen(page, request)
  return Response.over(200, document.headers, bodyOf(document), document.latin1)
}

/** The coding that the client likes best; of two that it likes as well, the smaller (RFC 9110 §12.5.3). */
function chosen(page: Page, request: Request): Document {
  const accept = request.headers.get('accept-encoding')
  if (accept === null) return page.document
  const [best] = acceptedEncodings(
    accept,
    page.variants.map(({ encoding }) => encoding),
  )
  return page.variants.find(({ encoding }) => encoding === best)?.document ?? page.document
}
