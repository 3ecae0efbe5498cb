#!/usr/bin/env node
// Notes, and who may do what with each: everybody may read them, and only its owner may PUT or DELETE one.
import { AuthorizationRequired, Forbidden, HttpError, publish, Resource, Response } from 'oriel'

/** Text and owner of each note, by its name. What the notes are and whose they are is one state, in one process. */
const notes = new Map()

/** Behind `/notes/`: the name of a note. */
function nameOf({ path }) {
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (name === '') throw new HttpError(404)
  return name
}

class Notes extends Resource {
  GET(request) {
    const note = notes.get(nameOf(request))
    if (note === undefined) throw new HttpError(404)
    return new Response(note.text, { headers: { 'X-Owner': encodeURIComponent(note.owner) } })
  }

  async PUT(request, { user }) {
    const name = nameOf(request)
    const text = await request.text()
    const note = notes.get(name)
    // Asked once more: somebody may have made it since the gate was.
    if (note !== undefined && note.owner !== user.name) throw new Forbidden()
    notes.set(name, { text, owner: user.name })
    return new Response(null, { status: note === undefined ? 201 : 204 })
  }

  DELETE(request) {
    return new Response(null, { status: notes.delete(nameOf(request)) ? 204 : 404 })
  }
}

class Gate {
  authorizeUser(who, request) {
    if (request.method === 'GET' || request.method === 'HEAD') return
    if (who === undefined) throw new AuthorizationRequired()
    const note = notes.get(nameOf(request))
    if (note !== undefined && note.owner !== who.name) throw new Forbidden({ detail: `This note is ${note.owner}'s.` })
  }

  info() {
    return { description: 'Lets only its owner change a note.' }
  }
}

await publish('notes', { notes: new Notes(), gate: new Gate() })
