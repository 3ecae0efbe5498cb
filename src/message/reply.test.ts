import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Connection, type SocketFacts } from './connection.ts'
import { Exchange } from './exchange.ts'
import type { Middleware } from './interface.ts'
import { fold, isPromise } from './reply.ts'
import { Request } from './request.ts'
import { Response } from './response.ts'

test('middleware is folded once, the first outermost', () => {
  const seen: string[] = []
  const layer = (name: string): Middleware => {
    return (next) => {
      seen.push(`fold ${name}`)
      return (request, connection) => {
        seen.push(`in ${name}`)
        const reply = next(request, connection)
        seen.push(`out ${name}`)
        return reply
      }
    }
  }
  const answer = new Response()
  const handler = fold(() => answer, [layer('a'), layer('b')])
  assert.deepEqual(seen.splice(0), ['fold b', 'fold a'])
  const connection = new Connection({} as SocketFacts, new Exchange(), 'HTTP/1.1')
  assert.equal(handler(new Request('http://h/'), connection), answer)
  assert.deepEqual(seen, ['in a', 'in b', 'out b', 'out a'])
})

test('without middleware the handler is itself', () => {
  const handler = (): Response => new Response()
  assert.equal(fold(handler, []), handler)
})

test('a promise is whatever can be waited for', () => {
  assert.equal(isPromise(Promise.resolve(1)), true)
  const like = (then: unknown): Promise<unknown> =>
    Object.defineProperty({}, 'then', { value: then }) as Promise<unknown>
  assert.equal(isPromise<unknown>(like(() => undefined)), true)
  for (const value of [undefined, null, 1, 'x', {}, like(1), () => 1]) assert.equal(isPromise<unknown>(value), false)
})
