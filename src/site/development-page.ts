import { createHash } from 'node:crypto'
import type { HttpError } from '../message/errors.ts'
import { Headers } from '../message/headers.ts'
import { escapeHtml } from '../message/html.ts'
import { preferredType } from '../message/negotiation.ts'
import type { Request } from '../message/request.ts'
import { Response } from '../message/response.ts'
import { reasonPhrase } from '../message/status.ts'
import type { Frame, Source } from './stack.ts'

/** Something that was thrown, as a developer wants to see it. */
export interface Thrown {
  readonly name: string
  readonly message: string
  readonly frames: readonly Frame[]
  readonly source: Source | undefined
}

/** All that a developer is shown of an error. Texts are as they are: whoever shows them escapes them. */
export interface Told {
  readonly error: HttpError
  /** What was thrown, what caused it, and so on. */
  readonly chain: readonly Thrown[]
  /** Why the site's own page of the error could not be shown. */
  readonly pageFailure: Thrown | undefined
  /** Pairs of a word and what it is. */
  readonly about: readonly (readonly [word: string, text: string])[]
  readonly fields: readonly (readonly [name: string, value: string])[]
}

const TYPES = ['text/html', 'application/problem+json', 'application/json', 'text/plain']

/** What a developer is shown: a page, or JSON (RFC 9457) or plain text for clients that prefer it. */
export function developmentResponse(told: Told, request: Request): Response {
  const { error } = told
  const { status } = error
  const headers = new Headers(error.headers)
  headers.set('Cache-Control', 'no-store')
  // The text of an error may be a stranger's: nothing in it may run, and nobody may frame or embed the page.
  headers.set('Content-Security-Policy', contentPolicy())
  headers.set('X-Content-Type-Options', 'nosniff')
  headers.set('Cross-Origin-Resource-Policy', 'same-origin')
  const type = preferredType(request.headers.get('accept'), TYPES)
  if (type === 'text/html') {
    headers.set('Content-Type', 'text/html;charset=utf-8')
    return new Response(html(told), { status, headers })
  }
  if (type === 'text/plain') {
    headers.set('Content-Type', 'text/plain;charset=utf-8')
    return new Response(plain(told), { status, headers })
  }
  headers.set('Content-Type', 'application/problem+json')
  return new Response(`${JSON.stringify(problem(told), undefined, 2)}\n`, { status, headers })
}

function titleOf({ error: { status } }: Told): string {
  return reasonPhrase(status) || 'Error'
}

/** RFC 9457 §3.2: more members are for those who know them. */
function problem(told: Told): Record<string, unknown> {
  const { error, chain, pageFailure, about, fields } = told
  const { status, detail, code } = error
  return {
    title: titleOf(told),
    status,
    ...(detail !== undefined && { detail }),
    ...(code !== undefined && { code }),
    errors: chain.map(inJson),
    ...(pageFailure !== undefined && { errorPage: inJson(pageFailure) }),
    about: about.map(([word, text]) => `${word}: ${text}`),
    fields: fields.map(([name, value]) => `${name}: ${value}`),
  }
}

function inJson({ name, message, frames, source }: Thrown): Record<string, unknown> {
  return { name, message, stack: frames.map(({ text }) => text), ...(source !== undefined && { source }) }
}

function plain(told: Told): string {
  const { error, chain, pageFailure, about, fields } = told
  const parts = chain.map((thrown, i) => `${i === 0 ? '' : 'Caused by '}${inText(thrown)}`)
  if (pageFailure !== undefined) parts.push(`The error page of the site failed: ${inText(pageFailure)}`)
  parts.push(about.map(([word, text]) => `${word}: ${text}\n`).join(''))
  parts.push(fields.map(([name, value]) => `${name}: ${value}\n`).join(''))
  return `${error.status} ${titleOf(told)}\n\n${parts.join('\n')}`
}

function inText({ name, message, frames, source }: Thrown): string {
  const stack = frames.map(({ text }) => `    at ${text}\n`).join('')
  const lines = source === undefined ? '' : `\n${numbered(source).join('\n')}\n\n`
  return `${name}: ${message}\n${lines}${stack}`
}

function numbered({ first, line, lines }: Source): string[] {
  const width = String(first + lines.length).length
  return lines.map((text, i) => {
    const number = first + i
    return `${number === line ? '>' : ' '} ${String(number).padStart(width)} | ${text}`
  })
}

function html(told: Told): string {
  const { error, chain, pageFailure, about, fields } = told
  const title = `${error.status} ${titleOf(told)}`
  const thrown = chain.map((one, i) => section(i === 0 ? '' : 'Caused by ', one)).join('')
  const failed = pageFailure === undefined ? '' : section('The error page of the site failed: ', pageFailure)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
<p class="status">${escapeHtml(title)}</p>
${thrown}${failed}<section>
<h2>Request</h2>
${table(about)}</section>
<section>
<h2>Fields</h2>
${table(fields)}</section>
</main>
<footer>Shown on this machine only, because <code>development</code> is on.</footer>
</body>
</html>
`
}

function section(before: string, { name, message, frames, source }: Thrown): string {
  const heading = before === '' ? 'h1' : 'h2'
  return `<section>
<${heading}>${escapeHtml(before)}${escapeHtml(name)}: <span>${escapeHtml(message)}</span></${heading}>
${source === undefined ? '' : listing(source)}${stackOf(frames)}</section>
`
}

function listing({ file, line, first, lines }: Source): string {
  const shown = lines.map((text, i) => {
    const number = first + i
    const tag = number === line ? 'mark' : 'span'
    return `<${tag}><b>${number}</b>${escapeHtml(text)}\n</${tag}>`
  })
  return `<p class="file">${escapeHtml(file)}:${line}</p>\n<pre tabindex="0">${shown.join('')}</pre>\n`
}

/** Calls of the site's own code are there at once, all others when somebody wants to see them. */
function stackOf(frames: readonly Frame[]): string {
  if (frames.length === 0) return ''
  const list = (some: readonly Frame[]): string =>
    `<ol>${some.map(({ text }) => `<li>${escapeHtml(text)}</li>`).join('')}</ol>`
  const own = frames.filter((frame) => frame.own)
  const shown = own.length === 0 ? '' : `${list(own)}\n`
  if (own.length === frames.length) return shown
  return `${shown}<details><summary>The whole stack</summary>${list(frames)}</details>\n`
}

function table(rows: Told['about']): string {
  const shown = rows.map(
    ([word, text]) => `<tr><th scope="row">${escapeHtml(word)}</th><td>${escapeHtml(text)}</td></tr>`,
  )
  return `<table>${shown.join('\n')}</table>\n`
}

const STYLE = `
:root { color-scheme: light dark; --dim: #5b616b; --line: #d5d8de; --back: #f4f5f7; --mark: #ffe3df; --red: #b3261e }
@media (prefers-color-scheme: dark) { :root { --dim: #a2a8b3; --line: #3d424b; --back: #23262b; --mark: #5a2724; --red: #ff9d94 } }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
section { margin: 0 0 2rem }
h1, h2 { font-size: 1.1rem; line-height: 1.35; margin: 0 0 .75rem; overflow-wrap: anywhere }
h1 { font-size: 1.5rem; color: var(--red) }
h1 span, h2 span { font-weight: 400; white-space: pre-wrap }
.status { color: var(--dim); margin: 0 0 .25rem }
.file { color: var(--dim); margin: 0; font-size: .9rem; overflow-wrap: anywhere }
pre { background: var(--back); border: 1px solid var(--line); border-radius: .4rem; padding: .6rem 0; overflow-x: auto }
pre, ol, td, code { font: .85rem/1.6 ui-monospace, monospace }
pre span, pre mark { display: block; width: max-content; min-width: 100%; padding-right: 1rem; box-sizing: border-box }
mark { background: var(--mark); color: inherit }
b { display: inline-block; width: 3.5rem; padding-right: 1rem; box-sizing: border-box; text-align: right; font-weight: 400; color: var(--dim) }
ol { list-style: none; margin: 0; padding: 0; overflow-wrap: anywhere }
details { margin-top: .5rem; color: var(--dim) }
summary { cursor: pointer; font-size: .9rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .2rem 1rem .2rem 0; border-top: 1px solid var(--line) }
th { font-weight: 400; color: var(--dim); font-size: .9rem; width: min(9rem, 35%); overflow-wrap: anywhere }
td { overflow-wrap: anywhere }
footer { color: var(--dim); font-size: .9rem }
`

let policy: string | undefined

/** Made when the first page is: a server that is none of development needs none. */
function contentPolicy(): string {
  policy ??= `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; ${REST}`
  return policy
}

const REST = "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
