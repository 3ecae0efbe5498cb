import { Headers } from '../../message/headers.ts'
import { type Named, type OwnNames, publicCookie, publicLocation, publicRefresh } from './public-names.ts'
import { nominatedBy } from './request-fields.ts'

/** As for programs: see `gateway/passed.ts`. */
const TO_THE_SERVER = /^x-(?:sendfile|lighttpd-send-file|accel-(?!buffering).*)$/i

/**
 * The fields of an answer that are the client's, in their order and case, repeated ones apart.
 * @param switching Whether Upgrade is: in a 101 or a 426.
 * @param own How the back end knows itself, where that is put right.
 */
export function answerFields(headers: Headers, switching: boolean, own: OwnNames | undefined, named: Named): Headers {
  const fields = headers.fields()
  const list: string[] = []
  let connection = ''
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    const value = fields[i + 1] as string
    switch (kindOf(name)) {
      case 'connection':
        connection += `,${value}`
        break
      case 'upgrade':
        if (switching) list.push(name, value)
        break
      case 'drop':
        break
      case 'location':
        list.push(name, own === undefined ? value : publicLocation(value, own, named))
        break
      case 'refresh':
        list.push(name, own === undefined ? value : publicRefresh(value, own, named))
        break
      case 'cookie':
        list.push(name, own === undefined ? value : publicCookie(value, own, named))
        break
      default:
        list.push(name, value)
    }
  }
  const nominated = connection === '' ? undefined : nominatedBy(connection)
  return Headers.fromList(nominated === undefined ? list : without(list, nominated, switching))
}

/** RFC 9110 §7.6.1. Upgrade is named by Connection wherever it stands. */
function without(list: readonly string[], nominated: ReadonlySet<string>, switching: boolean): string[] {
  const kept: string[] = []
  for (let i = 0; i < list.length; i += 2) {
    const name = (list[i] as string).toLowerCase()
    if (!nominated.has(name) || (switching && name === 'upgrade')) kept.push(list[i] as string, list[i + 1] as string)
  }
  return kept
}

type Kind = 'connection' | 'upgrade' | 'drop' | 'location' | 'refresh' | 'cookie' | 'pass'

const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['connection', 'connection'],
  ['upgrade', 'upgrade'],
  ['keep-alive', 'drop'],
  ['proxy-connection', 'drop'],
  ['transfer-encoding', 'drop'],
  ['te', 'drop'],
  ['trailer', 'drop'],
  ['location', 'location'],
  ['content-location', 'location'],
  ['refresh', 'refresh'],
  ['set-cookie', 'cookie'],
])

/** Only names of these lengths, or with an X, can be ones that are looked at. */
function kindOf(name: string): Kind {
  switch (name.length) {
    case 2:
    case 7:
    case 8:
    case 10:
    case 16:
    case 17: {
      const kind = KINDS.get(name.toLowerCase())
      if (kind !== undefined) return kind
    }
  }
  const first = name.charCodeAt(0)
  return (first === 120 || first === 88) && TO_THE_SERVER.test(name) ? 'drop' : 'pass'
}
