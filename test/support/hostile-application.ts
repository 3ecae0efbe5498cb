import { type AddressInfo, createServer, type Socket } from 'node:net'
import {
  ABORT_REQUEST,
  BEGIN_REQUEST,
  CREDIT,
  GET_VALUES,
  GET_VALUES_RESULT,
  PARAMS,
  STDERR,
  STDOUT,
} from '../../src/protocol/fastcgi/codes.ts'
import { nameValues } from '../../src/protocol/fastcgi/name-values.ts'
import { RecordReader } from '../../src/protocol/fastcgi/record-reader.ts'
import { bytesOf, endRequest, record, recordHead } from '../../src/protocol/fastcgi/records.ts'

/** What it sends for a request, in the place of an answer. @param head A CGI head. @param body What belongs to the client. */
type Behaviour = (id: number, head: string, body: string) => string

const out = (id: number, text: string): string => record(STDOUT, id, text)
const end = (id: number, status: number = 0): string => endRequest(id, 0, status)
const chunked = 'Transfer-Encoding: chunked\r\n'
const size = (body: string): string => `${body.length.toString(16)}\r\n${body}`

/** Odd, but answers all the same: the client gets exactly what is its own. */
export const ODD: Readonly<Record<string, Behaviour>> = {
  plain: (id, head, body) => out(id, head + body) + end(id),
  split: (id, head, body) => [...(head + body)].map((c) => out(id, c)).join('') + end(id),
  padded: (id, head, body) =>
    `${recordHead(STDOUT, id, 1, 255)}${head[0]}${'!'.repeat(255)}${out(id, head.slice(1) + body)}${end(id)}`,
  chunked: (id, head, body) => out(id, `${chunked + head + size(body)}\r\n0\r\n\r\n`) + end(id),
  hints: (id, head, body) => out(id, `Status: 103\r\n\r\nStatus: 100\r\n\r\n${head}${body}`) + end(id),
  errors: (id, head, body) => record(STDERR, id, 'e\n'.repeat(9000)).repeat(5) + out(id, head + body) + end(id),
  unknown: (id, head, body) =>
    record(200, id, 'x').repeat(99) + record(11, 0, 'x').repeat(99) + out(id, head + body) + end(id),
  credits: (id, head, body) => record(CREDIT, id, '\xff\xff\xff\xff').repeat(99) + out(id, head + body) + end(id),
  longer: (id, head, body) => out(id, `Content-Length: ${body.length}\r\n${head}${body}NOBODY`) + end(id),
  twice: (id, head, body) => out(id, head + body) + end(id) + end(id),
  late: (id, head, body) => out(id, head + body) + end(id) + out(id, 'NOBODY'),
  stray: (id, head, body) => out(id, head + body) + end(id) + out(900, 'NOBODY'),
}

/** No answer, or half of one: nothing that the client gets may look whole. */
export const BROKEN: Readonly<Record<string, Behaviour>> = {
  nothing: (id) => end(id),
  halfhead: (id) => out(id, 'A: b') + end(id),
  hugehead: (id) => out(id, `A: ${'b'.repeat(60_000)}`).repeat(2) + end(id),
  nul: (id, head, body) => out(id, `A: b\0c\r\n${head}${body}`) + end(id),
  cr: (id, head, body) => out(id, `A: b\rSet-Cookie: c\r\n${head}${body}`) + end(id),
  status: (id, head, body) => out(id, `Status: 99\r\n${head}${body}`) + end(id),
  upgrade: (id, head, body) => out(id, `Status: 101\r\n${head}${body}`) + end(id),
  shorter: (id, head, body) => out(id, `Content-Length: ${body.length + 1}\r\n${head}${body}`) + end(id),
  coded: (id, head, body) => out(id, `Transfer-Encoding: gzip\r\n${head}${body}`) + end(id),
  badchunk: (id, head, body) => out(id, `${chunked}${head}zz\r\n${body}`) + end(id),
  cutchunk: (id, head, body) => out(id, `${chunked + head + size(body)}\r\n`) + end(id),
  overloaded: (id) => end(id, 2),
  alone: (id) => end(id, 1),
  role: (id) => end(id, 3),
  unheard: (id, head, body) => out(id, head + body) + end(id, 99),
  version: (id, head, body) => `\x02${out(id, head + body).slice(1)}${end(id)}`,
  shortend: (id, head, body) => out(id, head + body) + record(3, id, 'x'),
  shortcredit: (id, head, body) => out(id, head) + record(CREDIT, id, 'x') + out(id, body) + end(id),
  gone: (id, head, body) => `${out(id, head + body)}CLOSE`,
  halfrecord: (id, head, body) => `${out(id, head + body).slice(0, 30)}CLOSE`,
  silent: () => '',
  redirect: (id, head) => out(id, `Location: /x\r\n${head.replace(/^.*?\r\n/, '')}`) + end(id),
}

/**
 * An application that answers the request for `/NAME-NUMBER` as NAME says.
 * @param says What it says of itself. @param start What its heads begin with.
 */
export function hostileApplication(
  says: readonly string[],
  start: string = '',
): Promise<{ port: number; stop: () => void }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    const variables = new Map<number, string>()
    const reader = new RecordReader()
    sockets.add(socket)
    const send = (text: string): void => {
      if (socket.destroyed) return
      const closing = text.endsWith('CLOSE')
      socket.write(bytesOf(closing ? text.slice(0, -5) : text))
      if (closing) socket.end()
    }
    const told = (type: number, id: number, content: Uint8Array): void => {
      if (type === GET_VALUES) send(record(GET_VALUES_RESULT, 0, nameValues(says)))
      if (type === BEGIN_REQUEST) variables.set(id, '')
      if (type === ABORT_REQUEST) send(end(id))
      if (type !== PARAMS) return
      const text = variables.get(id) ?? ''
      if (content.byteLength > 0) return void variables.set(id, text + Buffer.from(content).toString('latin1'))
      const [, token = '', name = ''] = /\/(([a-z]+)-\d+)/.exec(text) ?? []
      const behaviour = ODD[name] ?? BROKEN[name]
      send(behaviour?.(id, `${start}X-Token: ${token}\r\n\r\n`, `[${token}]`) ?? '')
    }
    socket.on('data', (bytes) => reader.read(bytes, { record: told }))
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  const stop = (): void => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({ port: (server.address() as AddressInfo).port, stop }))
  })
}
