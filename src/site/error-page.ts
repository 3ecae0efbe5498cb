import type { HttpError } from '../message/errors.ts'
import { Headers } from '../message/headers.ts'
import { escapeHtml } from '../message/html.ts'
import { preferredType } from '../message/negotiation.ts'
import type { Request } from '../message/request.ts'
import { Response } from '../message/response.ts'
import { reasonPhrase } from '../message/status.ts'

const TYPES = ['text/html', 'application/problem+json', 'application/json', 'text/plain']

/** Plain and accessible; JSON (RFC 9457) or plain text for clients that prefer it. */
export function defaultPage(error: HttpError, request: Request | undefined): Response {
  const title = reasonPhrase(error.status) || 'Error'
  const headers = new Headers(error.headers)
  headers.set('Cache-Control', 'no-store')
  const type = request === undefined ? 'text/plain' : preferredType(request.headers.get('accept'), TYPES)
  if (type === 'application/problem+json' || type === 'application/json') {
    headers.set('Content-Type', 'application/problem+json')
    const { status, code, detail } = error
    return new Response(JSON.stringify({ title, status, ...(detail && { detail }), ...(code && { code }) }), {
      status,
      headers,
    })
  }
  const detail = error.detail ?? EXPLAINED[error.status] ?? ''
  if (type === 'text/plain') {
    headers.set('Content-Type', 'text/plain;charset=utf-8')
    return new Response(`${error.status} ${title}\n${detail === '' ? '' : `${detail}\n`}`, {
      status: error.status,
      headers,
    })
  }
  headers.set('Content-Type', 'text/html;charset=utf-8')
  return new Response(html(error.status, title, detail), { status: error.status, headers })
}

const EXPLAINED: Readonly<Record<number, string>> = {
  400: 'The server could not understand the request.',
  401: 'You have to log in to see this page.',
  403: 'You are not allowed to see this page.',
  404: 'There is nothing at this address. The link may be old, or the address mistyped.',
  405: 'This page cannot be used in that way.',
  413: 'What was sent is too large.',
  416: 'The part that was asked for does not exist.',
  429: 'There were too many requests. Please try again later.',
  500: 'Something went wrong on the server. It has been written down, and it is not your fault.',
  502: 'The application behind this server gave no valid answer.',
  503: 'The server cannot answer right now. Please try again in a moment.',
  504: 'The application behind this server did not answer in time.',
}

function html(status: number, title: string, detail: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${status} ${escapeHtml(title)}</title>
<style>
:root { color-scheme: light dark }
body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 18vh auto 2rem; padding: 0 1.5rem }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem }
h1 span { display: block; font-size: 1rem; font-weight: 400; opacity: .7 }
</style>
</head>
<body>
<main>
<h1><span>${status}</span> ${escapeHtml(title)}</h1>
${detail === '' ? '' : `<p>${escapeHtml(detail)}</p>\n`}</main>
</body>
</html>
`
}
