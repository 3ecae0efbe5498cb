import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { type FastCgiOptions, serveFastCgi } from '../../src/door/fastcgi/server.ts'
import { type Call, callOf } from '../../src/fastcgi.ts'
import type { Connection } from '../../src/message/connection.ts'
import { WebServerEnd } from './web-server-end.ts'

/** An application, and a web server's connection to it; both are gone after the test. */
export async function start(t: TestContext, app: unknown, options: FastCgiOptions = {}): Promise<WebServerEnd> {
  const server = await serveFastCgi(app, { listen: '127.0.0.1:0', stopTimeout: 100, ...options })
  t.after(() => server.close())
  const end = await WebServerEnd.open(server.address)
  t.after(() => end.socket.destroy())
  return end
}

export function call(connection: Connection): Call {
  const found = callOf(connection)
  assert.ok(found !== undefined)
  return found
}
