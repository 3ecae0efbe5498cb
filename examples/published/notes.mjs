import { HttpError, publish, Resource, Response } from 'oriel'

// What is kept lasts as long as the process, over all requests.
const notes = new Map()
let last = 0

class Notes extends Resource {
  GET(request) {
    const id = request.rest.slice(1)
    if (id === '') return Response.json([...notes.keys()])
    if (!notes.has(id)) throw new HttpError(404, { detail: `There is no note ${id}.` })
    return new Response(notes.get(id))
  }

  async POST(request) {
    const id = String(++last)
    notes.set(id, await request.text())
    return new Response(null, { status: 201, headers: { Location: `${request.mount}/${id}` } })
  }

  DELETE(request) {
    if (!notes.delete(request.rest.slice(1))) throw new HttpError(404)
    return new Response(null, { status: 204 })
  }

  info() {
    return { description: 'Notes, until the process ends', produces: ['text/plain', 'application/json'] }
  }
}

/** Answers with what comes, in upper case, while it comes. */
async function* upper(body) {
  for await (const piece of body ?? []) yield Buffer.from(Buffer.from(piece).toString('latin1').toUpperCase(), 'latin1')
}

await publish('notes', {
  notes: Notes,
  upper: (request) => new Response(upper(request.body), { headers: { 'Content-Type': 'text/plain' } }),
})
