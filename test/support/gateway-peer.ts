import assert from 'node:assert/strict'
import type { Call, CallEnd, CallEvents, Content, Open, Wire } from '../../src/gateway/call.ts'
import { exchange } from '../../src/gateway/exchange.ts'
import { replyOf } from '../../src/gateway/reply.ts'
import { Connection, type SocketFacts } from '../../src/message/connection.ts'
import { HttpError } from '../../src/message/errors.ts'
import { Exchange } from '../../src/message/exchange.ts'
import { Request } from '../../src/message/request.ts'
import type { Response } from '../../src/message/response.ts'

const PATIENCE = { firstByte: 1000, idle: 2000, total: 10000 }

export interface Told {
  readonly level: string
  readonly event: string
  readonly fields: Record<string, unknown>
}

/** A back end in the hand of the test. */
export class Peer implements Wire {
  readonly fed = false
  readonly written: string[] = []
  readonly done: string[] = []
  takes = true
  waiting = false
  events: CallEvents | undefined

  write(bytes: Uint8Array): boolean {
    this.written.push(Buffer.from(bytes).toString('latin1'))
    return this.takes
  }
  endInput(): void {
    this.done.push('input')
  }
  pause(): void {
    this.done.push('pause')
  }
  resume(): void {
    this.done.push('resume')
  }
  abort(): void {
    this.done.push('abort')
  }
  says(text: string): void {
    this.events?.output(Buffer.from(text, 'latin1'))
  }
  ends(end: CallEnd = {}): void {
    this.events?.ended(end)
  }
}

/** A request on its way to such back ends. */
export function ask(options: { method?: string; content?: Content; peers?: Peer[]; open?: Open } = {}) {
  const told: Told[] = []
  const report = (level: string, event: string, fields: object = {}) =>
    void told.push({ level, event, fields: fields as Record<string, unknown> })
  const request = new Request('http://h/a?b', { method: options.method ?? 'GET' })
  const connection = new Connection({} as SocketFacts, new Exchange(report), 'HTTP/1.1')
  const { content } = options
  const call: Call = {
    request,
    connection,
    variables: [],
    lines: undefined,
    content,
    data: undefined,
    tried: undefined,
  }
  const peers = options.peers ?? [new Peer()]
  let opened = 0
  const open: Open = (_, events) => {
    const peer = peers[opened++] as Peer
    peer.events = events
    return peer
  }
  const answered = exchange(options.open ?? open, call, { timeouts: PATIENCE, name: 'peer' }).then((answer) =>
    replyOf(answer, request),
  )
  answered.catch(() => undefined)
  return { call, peer: peers[0] as Peer, peers, answered, request, connection, told, opened: () => opened }
}

export async function text(answered: Promise<unknown>): Promise<string> {
  const response = (await answered) as Response
  const fields = [...response.headers.raw()].map(([name, value]) => ` ${name}=${value}`).join('')
  return `${response.status}${fields} ${await response.text()}`
}

export async function failure(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => assert.fail('it did not fail'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof HttpError)
  return `${error.status} ${(error.cause as Error).message}`
}
