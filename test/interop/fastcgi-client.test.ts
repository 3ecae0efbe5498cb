import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Dispatcher, serveFastCgi } from '../../src/fastcgi.ts'
import { fastCgiBackends } from '../../src/gateway/fastcgi/backends.ts'
import { Response } from '../../src/message/response.ts'
import { call, inMemory, inPieces, noneLeft } from '../support/fastcgi-call.ts'
import { startFcgiwrap } from '../support/fastcgi-programs.ts'
import { makeFolder } from '../support/folder.ts'
import { startPhpFpm } from '../support/php-fpm.ts'

const LIMIT = { timeout: 60_000 }

async function text(parts: AsyncIterable<Uint8Array>): Promise<string> {
  let all = ''
  for await (const part of parts) all += Buffer.from(part).toString('latin1')
  return all
}

test('php-fpm, its connections kept or not, more requests than it has processes', LIMIT, async (t) => {
  const php = await startPhpFpm(t)
  if (php === undefined) return
  const script = join(makeFolder(), 'echo.php')
  writeFileSync(
    script,
    '<?php error_log("noted"); echo $_SERVER["REQUEST_METHOD"], strlen(file_get_contents("php://input"));',
  )
  for (const options of [{}, { keepAlive: true }, { keepAlive: false }, { connections: 2 }]) {
    const open = fastCgiBackends({ address: `unix:${php.socket}`, ...options })
    const variables = ['SCRIPT_FILENAME', script, 'SERVER_PROTOCOL', 'HTTP/1.1']
    const posted = [...variables, 'CONTENT_TYPE', 'text/plain', 'CONTENT_LENGTH', '150000']
    const answers = Array.from({ length: 30 }, (_, i) => {
      if (i % 3 === 0) return call(open, { variables }).outcome
      const content = i % 3 === 1 ? inMemory('x'.repeat(150_000)) : inPieces(['y'.repeat(100_000), 'y'.repeat(50_000)])
      return call(open, { method: 'POST', content, variables: posted }).outcome
    })
    assert.deepEqual(new Set(await Promise.all(answers)), new Set(['200 GET0', '200 POST150000']))
  }
  await noneLeft()
})

test('fcgiwrap with one process serves one request after the other', LIMIT, async (t) => {
  const wrap = await startFcgiwrap(t)
  if (wrap === undefined) return
  const script = join(makeFolder(), 'echo.cgi')
  writeFileSync(script, '#!/bin/sh\nprintf "Content-Type: text/plain\\n\\n"\nwc -c | tr -d " \\n"\n', { mode: 0o755 })
  const open = fastCgiBackends({ address: `unix:${wrap.socket}` })
  const variables = ['SCRIPT_FILENAME', script, 'SERVER_PROTOCOL', 'HTTP/1.1', 'CONTENT_LENGTH', '5']
  for (let round = 0; round < 2; round++) {
    const answers = Array.from(
      { length: 8 },
      () => call(open, { method: 'POST', content: inMemory('12345'), variables }).outcome,
    )
    assert.deepEqual(new Set(await Promise.all(answers)), new Set(['200 5']))
  }
  await noneLeft()
})

test('a Dispatcher and an application of Oriel', LIMIT, async (t) => {
  const application = await serveFastCgi(
    {
      GET: () =>
        new Response(
          (async function* () {
            for (let i = 0; i < 20; i++) yield Buffer.alloc(50_000, 'z')
          })(),
        ),
      async POST(request: Request) {
        return new Response(`${(await request.arrayBuffer()).byteLength}`)
      },
    },
    { listen: `unix:${join(makeFolder(), 'oriel.sock')}` },
  )
  t.after(() => application.close())
  const dispatcher = new Dispatcher(application.address)
  const names = ['FCGI_MPXS_CONNS', 'FCGI_MAX_REQS', 'UNKNOWN']
  assert.deepEqual(await dispatcher.getValues(names), { FCGI_MPXS_CONNS: '1', FCGI_MAX_REQS: '1024' })
  const params = { REQUEST_METHOD: 'GET', REQUEST_URI: '/', SCRIPT_NAME: '/', SERVER_PROTOCOL: 'HTTP/1.1' }
  for (let round = 0; round < 2; round++) {
    const answer = dispatcher.beginRequest({ params })
    const came = await text(answer.stdout)
    assert.equal(came.slice(came.indexOf('\r\n\r\n') + 4).length, 1_000_000)
    assert.deepEqual([await answer.end, await answer.stderr], [{ appStatus: 0, protocolStatus: 0 }, ''])
    const posted = { ...params, REQUEST_METHOD: 'POST', CONTENT_LENGTH: '300000' }
    const source = inPieces(Array.from({ length: 6 }, () => 'p'.repeat(50_000))).source
    assert.match(
      await text(dispatcher.beginRequest({ params: posted, ...(source && { stdin: source }) }).stdout),
      /300000$/,
    )
  }
  const given = dispatcher.beginRequest({ params })
  given.abort()
  await assert.rejects(given.end, /the request was aborted/)
  await assert.rejects(text(given.stdout), /the request was aborted/)
  await assert.rejects(
    new Dispatcher('unix:/nowhere/none.sock').beginRequest({ params }).end,
    /there is no such socket/,
  )
  await noneLeft()
})
