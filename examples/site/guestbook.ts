import { createHash, randomUUID } from 'node:crypto'
import { HttpError, type Request, Resource, Response } from 'oriel'
import { type Entry, type Fields, guestbookPage, type Picture, type Problems } from './guestbook-page.ts'

const MOST_ENTRIES = 100
const LONGEST_NAME = 80
const LONGEST_MESSAGE = 2000
const LARGEST_PICTURE = 256 * 1024
/** A file past this size is not even read to its end. */
const LARGEST_UPLOAD = 4 * 1024 * 1024

/** The guestbook of the lighthouse: entries and their pictures, newest first, kept in memory until the server stops. */
export default class Guestbook extends Resource {
  #entries: readonly Entry[] = firstEntries()

  override GET(request: Request): Response {
    const path = request.path.replace(/\/$/, '')
    if (path === '/guestbook') return this.#page(200)
    const id = /^\/guestbook\/pictures\/([\w-]+)$/.exec(path)?.[1]
    const picture = this.#entries.find((entry) => id !== undefined && entry.picture?.id === id)?.picture
    if (picture === undefined) throw new HttpError(404)
    return new Response(picture.bytes, {
      headers: {
        'Content-Type': picture.type,
        'X-Content-Type-Options': 'nosniff',
        'Cache-Control': 'private, max-age=86400',
        ETag: `"${picture.id}"`,
      },
    })
  }

  override async POST(request: Request): Promise<Response> {
    if (request.path !== '/guestbook') throw new HttpError(405, { headers: { Allow: 'GET, HEAD, OPTIONS' } })
    const { fields, picture, problems } = await readForm(request)
    if (Object.keys(problems).length > 0) return this.#page(422, fields, problems)
    const entry: Entry = { id: randomUUID(), ...fields, date: new Date(), picture }
    this.#entries = [entry, ...this.#entries].slice(0, MOST_ENTRIES)
    return new Response(null, { status: 303, headers: { Location: '/guestbook' } })
  }

  #page(status: number, fields?: Fields, problems?: Problems): Response {
    return new Response(guestbookPage(this.#entries, fields, problems), {
      status,
      headers: {
        'Content-Type': 'text/html; charset=utf-8',
        'Cache-Control': 'no-cache',
        'Content-Security-Policy':
          "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      },
    })
  }
}

interface Submission {
  readonly fields: Fields
  readonly picture: Picture | undefined
  readonly problems: Problems
}

/** Takes the form as it arrives, part by part, and says what is wrong with it. */
async function readForm(request: Request): Promise<Submission> {
  let name = ''
  let message = ''
  let upload: Buffer | 'too large' | undefined
  for await (const part of request.formData()) {
    if (!('value' in part)) {
      const bytes = await readUpload(part.body)
      if (part.name === 'picture' && bytes.length > 0) upload = bytes
    } else if (part.name === 'name') name = part.value.trim()
    else if (part.name === 'message') message = part.value.replace(/\r\n?/g, '\n').trim()
  }

  const problems: Problems = {}
  if (name === '') problems.name = 'Please give a name, any name.'
  else if (name.length > LONGEST_NAME) problems.name = `Please keep the name to ${LONGEST_NAME} characters.`
  if (message === '') problems.message = 'Please write a line or two.'
  else if (message.length > LONGEST_MESSAGE) problems.message = `Please keep it to ${LONGEST_MESSAGE} characters.`

  let picture: Picture | undefined
  if (upload === 'too large') problems.picture = 'That picture is larger than 256 KiB.'
  else if (upload !== undefined) {
    const type = pictureType(upload)
    if (type === undefined) problems.picture = 'That is not a PNG, JPEG, WebP or GIF picture.'
    else picture = { id: createHash('sha256').update(upload).digest('hex').slice(0, 32), type, bytes: upload }
  }
  return { fields: { name, message }, picture, problems }
}

/** Reads a file of the form, keeping no more of it than a picture may have. */
async function readUpload(body: AsyncIterable<Uint8Array>): Promise<Buffer | 'too large'> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > LARGEST_UPLOAD) throw new HttpError(413)
    if (size <= LARGEST_PICTURE) chunks.push(chunk)
  }
  return size > LARGEST_PICTURE ? 'too large' : Buffer.concat(chunks)
}

/** The media type of a picture by its first bytes; what the visitor's computer calls it does not count. */
function pictureType(bytes: Buffer): string | undefined {
  const start = bytes.toString('latin1', 0, 12)
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (start.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (start.startsWith('RIFF') && start.endsWith('WEBP')) return 'image/webp'
  if (/^GIF8[79]a/.test(start)) return 'image/gif'
  return undefined
}

/** So that the book is not empty when it is opened for the first time. */
function firstEntries(): Entry[] {
  const written: [date: string, name: string, message: string][] = [
    [
      '2026-10-31',
      'Marit and Jonas',
      'Last day of the season and the wind nearly had Jonas’s hat. We counted the flashes from the bus stop all the way home.',
    ],
    [
      '2026-10-04',
      'Class 4b, Long Orrick School',
      'The horn is SO LOUD. Our teacher jumped. We did not.\nThank you to the lady who let us wind the weight.',
    ],
    [
      '2026-08-19',
      'P. Achterberg',
      'I came past here on the night boat for twenty-two years and never once saw it by daylight. The band is redder than I had thought.',
    ],
    [
      '2026-06-07',
      'Ishbel',
      'My grandfather was Second Keeper here from 1951. He is on the list in the watch room, third from the bottom. Hello, Grandpa.',
    ],
  ]
  return written.map(([date, name, message]) => ({
    id: randomUUID(),
    name,
    message,
    date: new Date(`${date}T12:00:00Z`),
    picture: undefined,
  }))
}
