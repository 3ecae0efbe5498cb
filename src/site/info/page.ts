import { createHash } from 'node:crypto'
import { escapeHtml } from '../../message/html.ts'
import type {
  DescriptionEntry,
  ExampleEntry,
  ObjectEntry,
  RouteEntry,
  ServerEntry,
  SiteInfo,
} from '../../object/info/entries.ts'
import { SCRIPT } from './page-script.ts'
import { STYLE } from './page-style.ts'

/* The page for people. All texts come from elsewhere: each is escaped where it is put into the page. */

/** From so many entries on, the browser lays out only those that are seen. */
const LONG = 100
/** From so many on, there is something to find. */
const MANY = 6

/** @param host What the client calls the site. */
export function infoPage({ site, routes, servers }: SiteInfo, host: string): string {
  const objects = servers.reduce((sum, server) => sum + (server.objects?.length ?? 0), 0)
  const counts = [
    counted(servers.length, 'object server'),
    counted(objects, 'object'),
    counted(routes.length, 'route'),
  ].join(', ')
  return html(
    host,
    `info@root`,
    `${escapeHtml(site.software)}, started ${time(site.since)}. ${counts}.`,
    objects + routes.length,
    `${servers.map(serverSection).join('')}${routeSection(routes)}`,
  )
}

/** The page of one object server. */
export function serverPage(server: ServerEntry, host: string): string {
  const objects = server.objects?.length ?? 0
  return html(host, `info@${server.name}`, counted(objects, 'object'), objects, serverSection(server))
}

function html(host: string, name: string, about: string, entries: number, sections: string): string {
  const find = `<div class="find" role="search"><input type="search" id="find" aria-label="Find an object or a route" placeholder="Find an object or a route" autocomplete="off" spellcheck="false"><output id="found" for="find"></output></div>`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(`${name} · ${host}`)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${escapeHtml(host)}</h1>
<p class="dim"><code>${escapeHtml(name)}</code>: ${about}</p>
${entries >= MANY ? find : '<div class="find"></div>'}
</header>
<main>
${sections}</main>
<footer>
<p>What objects say of themselves is their own word. The same for programs: <code>Accept: application/json</code>.</p>
<noscript><p>To try what is here, the page needs JavaScript.</p></noscript>
</footer>
${FORM}
<script>${SCRIPT}</script>
</body>
</html>
`
}

/** What each entry that is opened gets a copy of. */
const FORM = `<template id="form"><form autocomplete="off">
<div class="row"><label>Method<select name="method"></select></label><label>Path and query<input class="path" name="path" required spellcheck="false" autocapitalize="off"></label></div>
<label>Headers, one a line<textarea class="path" name="headers" rows="1" spellcheck="false"></textarea></label>
<label>Body<textarea class="path" name="body" rows="2" spellcheck="false"></textarea></label>
<div class="row"><button class="send" type="submit">Send</button><button type="button" hidden>Stop</button><div class="status" role="status"></div></div>
<div class="answer"></div>
</form></template>`

function serverSection(server: ServerEntry): string {
  const { name, kind, aliasOf, answers, says, reason, software, since, objects = [], more } = server
  const state = !answers ? tag('does not answer', 'bad') : says ? tag('answers', 'good') : tag('does not say', 'odd')
  const about = [
    aliasOf === undefined ? kind : `alias of ${aliasOf.join(', ')}`,
    ...(software === undefined ? [] : [software]),
  ].map(escapeHtml)
  if (since !== undefined) about.push(`since ${time(since)}`)
  const title = `<div class="title"><h2 id="s-${escapeHtml(name)}">${escapeHtml(name)}</h2>${state}<span class="dim">${about.join(' · ')}</span></div>`
  const left = more === undefined ? '' : `<p class="none">And ${counted(more, 'object')} more.</p>`
  return `<section aria-labelledby="s-${escapeHtml(name)}">
${title}
${objects.length > 0 ? list(objects.map((object) => objectItem(object, name))) : none(server, reason)}${left}</section>
`
}

function none({ kind, answers, says }: ServerEntry, reason: string | undefined): string {
  if (!answers) return `<p class="none">${escapeHtml(reason ?? 'It does not answer.')}</p>`
  if (kind === 'alias') return ''
  if (says) return `<p class="none">It has no objects.</p>`
  return `<p class="none">It knows of FastCGI only, and does not say which objects it has. They answer all the same.</p>`
}

function objectItem({ name, path, methods, info, ...roles }: ObjectEntry, server: string): string {
  const serves = (['authorizer', 'authenticator', 'logger'] as const).filter((role) => roles[role] === true)
  const tags = [...methods.filter(notByItself).map((method) => tag(method)), ...serves.map((role) => tag(role, 'odd'))]
  const here = path === undefined ? `<p class="description dim">No URL leads to it.</p>` : ''
  return item(`${name}@${server}`, name, tags, { at: path, methods, info, here })
}

function routeSection(routes: readonly RouteEntry[]): string {
  if (routes.length === 0) return ''
  return `<section aria-labelledby="routes">
<div class="title"><h2 id="routes">Routes</h2></div>
${list(routes.map(routeItem))}</section>
`
}

function routeItem({ path, host, methods, kind, guarded, conditional, object, info }: RouteEntry, i: number): string {
  const tags = [
    ...(methods ?? []).filter(notByItself).map((method) => tag(method)),
    tag(object ?? kind),
    ...(guarded ? [tag('guarded', 'odd')] : []),
    ...(conditional === true ? [tag('conditional')] : []),
  ]
  const here = host === undefined ? '' : `<dl><dt>Host</dt><dd>${escapeHtml(host.join(', '))}</dd></dl>`
  return item(`route-${i}`, path, tags, { at: path.replace(/\*[^/]*$/, ''), methods: methods ?? [], info, here })
}

interface Inside {
  readonly at: string | undefined
  readonly methods: readonly string[]
  readonly info: DescriptionEntry | undefined
  readonly here: string
}

function item(id: string, name: string, tags: readonly string[], { at, methods, info, here }: Inside): string {
  const description = info?.description ?? ''
  const [line = ''] = description.split('\n')
  const tried = at === undefined ? '' : ` data-at="${escapeHtml(at)}" data-methods="${escapeHtml(methods.join(' '))}"`
  return `<li><details id="${escapeHtml(id)}"${tried}><summary><span class="name">${escapeHtml(name)}</span><span class="line">${escapeHtml(line)}</span><span class="tags">${tags.join('')}</span></summary><div class="inside">${here}${info === undefined ? '' : said(info, at !== undefined)}</div></details></li>
`
}

function said({ description, methods, accepts, produces, examples = [] }: DescriptionEntry, tried: boolean): string {
  const rows = [
    ...Object.entries(methods ?? {}).map(([name, what]) => [`<code>${escapeHtml(name)}</code>`, escapeHtml(what)]),
    ...(accepts === undefined ? [] : [['Takes', codes(accepts)]]),
    ...(produces === undefined ? [] : [['Gives', codes(produces)]]),
  ].map(([word, text]) => `<dt>${word}</dt><dd>${text}</dd>`)
  const text = description === undefined ? '' : `<p class="description">${escapeHtml(description)}</p>`
  const table = rows.length === 0 ? '' : `<dl>${rows.join('')}</dl>`
  const shown = examples.map((one) => exampleButton(one, tried)).join('')
  return `${text}${table}${shown === '' ? '' : `<h3>Examples</h3><div class="examples">${shown}</div>`}`
}

/** It can be pressed once the form is there. */
function exampleButton({ description, ...request }: ExampleEntry, tried: boolean): string {
  const { method, path = '' } = request
  const what = description === undefined ? '' : `<span>${escapeHtml(description)}</span>`
  const text = `<code>${escapeHtml(`${method} ${path}`.trim())}</code>${what}`
  if (!tried) return `<div class="example">${text}</div>`
  return `<button type="button" class="example" data-example="${escapeHtml(JSON.stringify(request))}" disabled>${text}</button>`
}

function list(items: readonly string[]): string {
  return `<ul class="list${items.length >= LONG ? ' long' : ''}">
${items.join('')}</ul>
`
}

function codes(texts: readonly string[]): string {
  return texts.map((text) => `<code>${escapeHtml(text)}</code>`).join(', ')
}

/** What goes with GET, and what everything answers, says nothing. */
function notByItself(method: string): boolean {
  return method !== 'HEAD' && method !== 'OPTIONS'
}

function tag(text: string, kind: string = ''): string {
  return `<span class="tag${kind === '' ? '' : ` ${kind}`}">${escapeHtml(text)}</span>`
}

function time(moment: string): string {
  const shown = moment.replace('T', ' ').replace(/(?::\d\d(?:\.\d+)?)?Z$/, ' UTC')
  return `<time datetime="${escapeHtml(moment)}">${escapeHtml(shown)}</time>`
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

let policy: string | undefined

/** What the page may do: nothing but what stands in it, and to ask this site. */
export function contentPolicy(): string {
  const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
  policy ??= [
    "default-src 'none'",
    `style-src ${hash(STYLE)}`,
    `script-src ${hash(SCRIPT)}`,
    "connect-src 'self'",
    'img-src data: blob:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    // No text becomes HTML or a script, whatever the page does with it (Trusted Types).
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')
  return policy
}
