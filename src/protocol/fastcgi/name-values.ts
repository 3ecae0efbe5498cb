import { MAX_CONTENT, PARAMS } from './codes.ts'
import { FastCgiFault } from './fault.ts'
import { byte, four, record, streamEnd } from './records.ts'

/** A name-value pair (§3.4); both are byte strings, each character one byte. */
export function nameValue(name: string, value: string): string {
  return length(name.length) + length(value.length) + name + value
}

function length(size: number): string {
  return size < 128 ? byte(size) : four(size | 0x80000000)
}

/** Pairs one behind another. @param list Name, value, name, value. */
export function nameValues(list: readonly string[]): string {
  let text = ''
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i] as string
    const value = list[i + 1] as string
    text += length(name.length) + length(value.length) + name + value
  }
  return text
}

/**
 * The whole PARAMS stream of a request, its end included (§5.2). No pair is cut in two, for php-fpm closes the
 * connection where one is; a pair of more than 65,535 bytes cannot be but cut.
 */
export function paramsStream(id: number, list: readonly string[]): string {
  const all = nameValues(list)
  if (all.length <= MAX_CONTENT) return (all === '' ? '' : record(PARAMS, id, all)) + streamEnd(PARAMS, id)
  return inRecords(id, list)
}

/**
 * The same of pairs that are text already, for applications that take a pair in two records.
 * @param pairs A byte string.
 */
export function pairsStream(id: number, pairs: string): string {
  if (pairs.length <= MAX_CONTENT) return record(PARAMS, id, pairs) + streamEnd(PARAMS, id)
  let records = ''
  for (let at = 0; at < pairs.length; at += MAX_CONTENT)
    records += record(PARAMS, id, pairs.slice(at, at + MAX_CONTENT))
  return records + streamEnd(PARAMS, id)
}

function inRecords(id: number, list: readonly string[]): string {
  let records = ''
  let text = ''
  for (let i = 0; i < list.length; i += 2) {
    const pair = nameValue(list[i] as string, list[i + 1] as string)
    if (text.length + pair.length > MAX_CONTENT && text !== '') {
      records += record(PARAMS, id, text)
      text = ''
    }
    text += pair
    while (text.length > MAX_CONTENT) {
      records += record(PARAMS, id, text.slice(0, MAX_CONTENT))
      text = text.slice(MAX_CONTENT)
    }
  }
  return (text === '' ? records : records + record(PARAMS, id, text)) + streamEnd(PARAMS, id)
}

/**
 * The pairs of a text: name, value, name, value; byte strings.
 * @throws FastCgiFault where it ends within one.
 */
export function readNameValues(text: string): string[] {
  const list: string[] = []
  let at = 0
  const size = (): number => {
    const first = text.charCodeAt(at)
    if (first < 128) {
      at++
      return first
    }
    at += 4
    if (at > text.length) throw cut()
    return (
      ((first & 127) << 24) | (text.charCodeAt(at - 3) << 16) | (text.charCodeAt(at - 2) << 8) | text.charCodeAt(at - 1)
    )
  }
  while (at < text.length) {
    const nameSize = size()
    if (at >= text.length) throw cut()
    const valueSize = size()
    const middle = at + nameSize
    const end = middle + valueSize
    if (end > text.length) throw cut()
    list.push(text.slice(at, middle), text.slice(middle, end))
    at = end
  }
  return list
}

function cut(): FastCgiFault {
  return new FastCgiFault('a name-value pair is not complete')
}
