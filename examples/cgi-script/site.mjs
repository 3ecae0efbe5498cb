#!/usr/bin/env node
import { Response } from 'oriel'
import { serveCgi } from 'oriel/cgi'

/** The pages: what a module of a route would export. A whole site, by `createSite`, may stand here too. */
const pages = {
  GET(request, connection) {
    const lines = [`path ${request.path}`, `mount ${request.mount}`, `client ${connection.clientAddress}`]
    return new Response(`${lines.join('\n')}\nuser ${connection.user?.name ?? 'unknown'}\n`)
  },
  async POST(request) {
    const text = await request.text()
    return new Response(`${text.length} characters\n`)
  },
}

await serveCgi(pages)
