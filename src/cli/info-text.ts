import type { ObjectEntry, RouteEntry, ServerEntry, SiteInfo } from '../object/info/entries.ts'

/** What would move the cursor, ring, or turn a line round: all that is told came from somewhere. */
const CONTROLS = /[\0-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g
const WIDEST = 40

/** For people, in a terminal. */
export function siteText({ site, routes, servers }: SiteInfo): string {
  const blocks = [[`${shown(site.software)}, started ${moment(site.since)}`], ...servers.map(serverLines)]
  if (routes.length > 0) blocks.push(['Routes', ...table(routes.map(routeCells))])
  return textOf(blocks)
}

/** The same of one object server. */
export function serverText(server: ServerEntry): string {
  return textOf([serverLines(server)])
}

function serverLines(server: ServerEntry): string[] {
  const { name, kind, aliasOf, answers, says, reason, software, since, more } = server
  const objects = listOf<ObjectEntry>(server.objects)
  const about = [
    answers ? (says ? 'answers' : 'answers, and does not say which objects it has') : 'does not answer',
    aliasOf === undefined ? kind : `alias of ${listOf(aliasOf).map(shown).join(', ')}`,
    ...(software === undefined ? [] : [software]),
    ...(since === undefined ? [] : [`since ${moment(since)}`]),
  ]
  return [
    `${shown(name)}: ${about.map(shown).join(', ')}`,
    ...(reason === undefined ? [] : [`  ${shown(reason)}`]),
    ...table(objects.map(objectCells)),
    ...(more === undefined ? [] : [`  and ${shown(more)} more`]),
  ]
}

function objectCells({ name, path, methods, authorizer, authenticator, logger, info }: ObjectEntry): string[] {
  const roles = Object.entries({ authorizer, authenticator, logger }).flatMap(([role, is]) =>
    is === true ? [role] : [],
  )
  return [shown(path ?? name), [...usual(methods), ...roles].join(' '), firstLine(info?.description)]
}

function routeCells({ path, host, methods, kind, guarded, object, info }: RouteEntry): string[] {
  const where = host === undefined ? '' : ` at ${listOf(host).map(shown).join(', ')}`
  const what = [...usual(methods), object ?? kind, ...(guarded ? ['guarded'] : [])]
  return [`${shown(path)}${where}`, what.map(shown).join(' '), firstLine(info?.description)]
}

/** Without those that go without saying. */
function usual(methods: readonly string[] | undefined): string[] {
  return listOf(methods)
    .map(shown)
    .filter((method) => method !== 'HEAD' && method !== 'OPTIONS')
}

function table(rows: readonly string[][]): string[] {
  const widths = [0, 1].map((i) => Math.min(WIDEST, Math.max(0, ...rows.map((cells) => (cells[i] ?? '').length))))
  return rows.map((cells) => `  ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd())
}

function textOf(blocks: readonly (readonly string[])[]): string {
  return blocks.map((lines) => `${lines.join('\n')}\n`).join('\n')
}

function firstLine(text: unknown): string {
  return typeof text === 'string' ? shown(text.split('\n')[0]) : ''
}

function moment(text: unknown): string {
  return shown(text)
    .replace('T', ' ')
    .replace(/(?::\d\d(?:\.\d+)?)?Z$/, ' UTC')
}

function listOf<T>(list: readonly T[] | undefined): readonly T[] {
  return Array.isArray(list) ? list : []
}

function shown(text: unknown): string {
  return typeof text === 'string' || typeof text === 'number' ? String(text).replace(CONTROLS, ' ') : ''
}
