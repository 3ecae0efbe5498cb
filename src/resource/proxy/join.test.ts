import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connected } from '../../../test/support/connection.ts'
import type { Open } from '../../gateway/call.ts'
import { Headers } from '../../message/headers.ts'
import { Request } from '../../message/request.ts'
import type { Response, UpgradedSocket } from '../../message/response.ts'
import { forwarder } from './forward.ts'

/** An end of a connection that there is not. */
class FakeSocket implements UpgradedSocket {
  readonly done: string[] = []
  readonly #calls = new Map<string, (() => void)[]>()

  write(data: Uint8Array | string): boolean {
    this.done.push(`write ${Buffer.from(data as Uint8Array).toString('latin1')}`)
    return true
  }
  end(): void {
    this.done.push('end')
  }
  destroy(): void {
    this.done.push('destroy')
  }
  pause(): void {}
  resume(): void {}
  on(event: string, call: (value: never) => void): void {
    this.#calls.set(event, [...(this.#calls.get(event) ?? []), call as () => void])
  }
  happens(event: string): void {
    for (const call of this.#calls.get(event) ?? []) call()
  }
}

/** A back end that switches at once. */
function switching(back: FakeSocket): Open {
  return (_, events) => {
    const head = { status: 101, statusText: '', headers: new Headers({ Upgrade: 'websocket' }), dropped: [] }
    const switched = { socket: back, rest: Buffer.from('rest') }
    setImmediate(() => events.answered(head, { declared: undefined, chunked: false }, switched))
    const nothing = (): void => undefined
    return { fed: true, write: () => true, endInput: nothing, pause: nothing, resume: nothing, abort: nothing }
  }
}

async function switched(): Promise<{ back: FakeSocket; request: Request; answer: Response }> {
  const back = new FakeSocket()
  const headers = { Connection: 'Upgrade', Upgrade: 'websocket' }
  const request = new Request('http://site.example/', { headers })
  const answer = (await forwarder(switching(back), 'peer', {})(request, connected())) as Response
  assert.equal(answer.status, 101)
  return { back, request, answer }
}

test('a client that goes between the switch and its answer leaves no connection behind', async () => {
  const { back, request } = await switched()
  assert.deepEqual(back.done, [])
  request.abort(new Error('gone'))
  assert.deepEqual(back.done, ['destroy'])
})

test('a back end that goes before the client takes over ends the client', async () => {
  const { back, answer } = await switched()
  back.happens('close')
  const client = new FakeSocket()
  answer.upgrade?.(client, new Uint8Array())
  assert.deepEqual(client.done, ['destroy'])
})

test('what came behind both heads goes first, and once taken over a connection is not let go', async () => {
  const { back, request, answer } = await switched()
  const client = new FakeSocket()
  answer.upgrade?.(client, Buffer.from('early'))
  request.abort(new Error('the exchange is over'))
  assert.deepEqual(client.done, ['write rest'])
  assert.deepEqual(back.done, ['write early'])
  client.happens('close')
  assert.deepEqual(back.done, ['write early', 'end'])
  back.happens('close')
})
