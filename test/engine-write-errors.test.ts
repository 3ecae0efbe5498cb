import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Response } from '../src/message/response.ts'
import { EngineUnderTest } from './support/engine.ts'
import { fields, frame, headers, PREFACE, settings, u32 } from './support/frame-client.ts'
import { gate } from './support/gate.ts'
import { connectInMemory } from './support/memory-socket.ts'

const SOON = { timeout: 20_000 }

for (const [name, version, asked] of [
  ['HTTP/1.1', '1', Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')],
  [
    'HTTP/2',
    '2',
    Buffer.concat([
      Buffer.from(PREFACE),
      settings([4, 2 ** 30]),
      frame('WINDOW_UPDATE', 0, 0, u32(2 ** 30)),
      headers(1, fields()),
    ]),
  ],
] as const) {
  for (const [how, size] of [
    ['that fails', 100],
    ['that fails', 100_000],
    ['behind a failed read', 100],
  ] as const) {
    test(
      `a write of ${size} bytes ${how} means a client that has gone, and no error of the site, by ${name}`,
      SOON,
      async () => {
        const [begun, released] = [gate(), gate()]
        const under = new EngineUnderTest({
          handler: () =>
            new Response({
              async *[Symbol.asyncIterator]() {
                try {
                  for (let i = 0; ; i++) {
                    if (i === 5) begun.open()
                    await new Promise(setImmediate)
                    yield Buffer.alloc(size)
                  }
                } finally {
                  released.open()
                }
              },
            }),
        })
        await under.engine.prepare({ http2: true })
        const ends = connectInMemory(under.engine, '127.0.0.1', version)
        ends.socket.on('error', () => undefined)
        ends.give(asked)
        await begun.passed
        ends.socket.broken = Object.assign(new Error('ECONNRESET'), { code: 'ECONNRESET' })
        if (how !== 'that fails') ends.socket.destroy(ends.socket.broken)
        await released.passed
        const [record] = await under.logged(1)
        assert.deepEqual([record?.aborted, record?.error], [true, undefined])
        assert.deepEqual(under.reports, [])
        assert.equal(under.engine.connections, 0)
      },
    )
  }
}
