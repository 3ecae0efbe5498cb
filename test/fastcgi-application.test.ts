import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { serveFastCgi } from '../src/door/fastcgi/server.ts'
import { callOf, webServerUser } from '../src/fastcgi.ts'
import type { Connection } from '../src/message/connection.ts'
import type { Request } from '../src/message/request.ts'
import { Response } from '../src/message/response.ts'
import { BROKEN_OFF, STDIN } from '../src/protocol/fastcgi/codes.ts'
import { abortRequest, beginRequest, credit, record, streamEnd } from '../src/protocol/fastcgi/records.ts'
import { Site } from '../src/site/site.ts'
import { call, start } from './support/fastcgi-start.ts'
import { patterned } from './support/folder.ts'
import { gate } from './support/gate.ts'
import { Reports } from './support/reports.ts'
import { begun, content, seenIn, WebServerEnd, whole } from './support/web-server-end.ts'

const SOON = { timeout: 20_000 }
const COMPLETE = { appStatus: 0, protocolStatus: 0 }

const echo = async (request: Request): Promise<Response> => new Response(await request.bytes())

test('what FastCGI tells reaches the handler', SOON, async (t) => {
  const end = await start(t, (request: Request, connection: Connection) =>
    Response.json({
      path: request.path,
      mount: request.mount,
      rest: request.rest,
      address: connection.clientAddress,
      port: connection.remote.port,
      local: connection.local,
      secure: connection.secure,
      tls: connection.tls?.protocol,
      user: connection.user?.name,
      protocol: connection.protocol,
      role: call(connection).role,
      own: call(connection).variable('MY_OWN'),
      none: call(connection).variable('NONE') ?? 'none',
      appears: callOf(connection) === call(connection),
    }),
  )
  const variables = {
    SCRIPT_NAME: '/app',
    PATH_INFO: '/x',
    REMOTE_PORT: '4000',
    SERVER_ADDR: '192.0.2.1',
    HTTPS: 'on',
    SSL_PROTOCOL: 'TLSv1.3',
    REMOTE_USER: 'ann',
    HTTP_REMOTE_USER: 'forged',
    MY_OWN: 'v',
  }
  const { body } = seenIn(await end.send(whole({ path: '/app/x', variables })).answer())
  assert.deepEqual(JSON.parse(String(body)), {
    path: '/app/x',
    mount: '/app',
    rest: '/x',
    address: '192.0.2.7',
    port: 4000,
    local: { address: '192.0.2.1', port: 80 },
    secure: true,
    tls: 'TLSv1.3',
    user: 'ann',
    protocol: 'HTTP/1.1',
    role: 'Responder',
    own: 'v',
    none: 'none',
    appears: true,
  })
})

test('a Site routes the whole path; its guard may believe the web server', SOON, async (t) => {
  const resource = (request: Request, { user }: Connection): Response => new Response(`${request.rest} ${user?.name}`)
  const end = await start(t, new Site({ routes: [{ match: '/in/*', resource, access: { scheme: webServerUser } }] }))
  const asked = { path: '/in/a', variables: { REMOTE_USER: 'ann', SCRIPT_NAME: '/in/a' } }
  assert.equal(String(seenIn(await end.send(whole(asked)).answer()).body), '/a ann')
  assert.equal(seenIn(await end.send(whole({ path: '/in/a' })).answer()).status, 401)
  assert.equal(seenIn(await end.send(whole({ path: '/other' })).answer()).status, 404)
})

for (const [told, type] of [
  ['Basic', 'Basic'],
  ['', undefined],
  ['no\0 token', undefined],
] as const) {
  test(`AUTH_TYPE ${JSON.stringify(told)} of the web server tells by what it knows the user`, SOON, async (t) => {
    const resource = (_: Request, { user, means }: Connection): Response =>
      Response.json([user?.name, means?.type ?? null])
    const site = new Site({ routes: [{ match: '/*', resource, access: { scheme: webServerUser } }] })
    for (const app of [resource, site]) {
      const end = await start(t, app)
      const known = { REMOTE_USER: 'ann', AUTH_TYPE: told }
      const { body } = seenIn(await end.send(whole({ path: '/', variables: known })).answer())
      assert.deepEqual(JSON.parse(String(body)), ['ann', type ?? null])
    }
    const end = await start(t, resource)
    const { body } = seenIn(await end.send(whole({ path: '/', variables: { AUTH_TYPE: told } })).answer())
    assert.deepEqual(JSON.parse(String(body)), [null, null])
  })
}

test('a small answer is one write, which ends as the specification has it', SOON, async (t) => {
  const end = await start(t, () => new Response('hello'))
  let reads = 0
  end.socket.on('data', () => reads++)
  const came = await end.send(whole()).answer()
  assert.deepEqual([reads, came.stdoutEnded, came.end], [1, true, COMPLETE])
})

for (const [what, body] of [
  ['with its length', patterned(300_000)],
  ['in small pieces', patterned(3000)],
  ['of nothing', Buffer.alloc(0)],
] as const) {
  test(`a body ${what} comes as it was sent, and goes back`, SOON, async (t) => {
    const end = await start(t, echo, { limits: { body: 1e6 } })
    const text = body.toString('latin1')
    for (const variables of [{}, { CONTENT_LENGTH: '' }]) {
      const size = text.length === 3000 ? 7 : 65535
      let stdin = ''
      for (let at = 0; at < text.length; at += size) stdin += record(STDIN, 1, text.slice(at, at + size))
      const came = await end.send(begun({ method: 'POST', body: text, variables }), stdin, streamEnd(STDIN, 1)).answer()
      assert.ok(seenIn(came).body.equals(body))
    }
  })
}

test('a body that is shorter than its length is no whole one, and what is more is dropped', SOON, async (t) => {
  const end = await start(t, echo)
  const short = await end.send(begun({ method: 'POST', body: '12345' }), content(STDIN, 1, '123')).answer()
  assert.equal(seenIn(short).status, 400)
  const long = await end.send(begun({ method: 'POST', body: '12345' }), content(STDIN, 1, '1234567')).answer()
  assert.equal(String(seenIn(long).body), '12345')
})

test('a body over the limit is 413, also where no length was told', SOON, async (t) => {
  const end = await start(t, echo, { limits: { body: 10 } })
  for (const variables of [{}, { CONTENT_LENGTH: '' }]) {
    const asked = { method: 'POST', body: 'x'.repeat(11), variables }
    assert.equal(seenIn(await end.send(whole(asked)).answer()).status, 413)
  }
})

test('requests on one connection are answered as they are ready', SOON, async (t) => {
  const slow = gate()
  const end = await start(t, async (request: Request) => {
    if (request.path === '/slow') await slow.passed
    return new Response(request.path)
  })
  end.send(whole({ id: 1, path: '/slow' }), whole({ id: 2, path: '/quick' }), whole({ id: 65535, path: '/other' }))
  assert.equal(String(seenIn(await end.answer(2)).body), '/quick')
  assert.equal(String(seenIn(await end.answer(65535)).body), '/other')
  assert.equal(end.came(1).end, undefined)
  slow.open()
  assert.equal(String(seenIn(await end.answer(1)).body), '/slow')
})

test(
  'the connection stays where the web server says so, and is closed after the last answer where not',
  SOON,
  async (t) => {
    const slow = gate()
    const end = await start(t, async (request: Request) => {
      if (request.path === '/slow') await slow.passed
      return new Response('a')
    })
    await end.send(whole()).answer()
    end.send(whole({ id: 1, path: '/slow' }), whole({ id: 2, flags: 0 }))
    await end.answer(2)
    slow.open()
    await end.answer(1)
    await end.whenClosed()
  },
)

test('ABORT_REQUEST aborts the signal and is answered at once (§5.4)', SOON, async (t) => {
  const aborted = gate()
  const never = gate()
  const end = await start(t, (request: Request) => {
    request.signal.addEventListener('abort', () => aborted.open())
    return never.passed.then(() => new Response('late'))
  })
  const came = await end.send(whole(), abortRequest(1)).answer()
  assert.deepEqual([came.end, came.stdout], [COMPLETE, ''])
  await aborted.passed
  never.open()
  // The late answer goes nowhere: the id belongs to the next request.
  const next = await end.send(whole(), abortRequest(1)).answer()
  assert.equal(next.stdout, '')
})

test('a connection that closes aborts its requests, their bodies and their answers', SOON, async (t) => {
  const told: string[] = []
  const all = gate()
  const tell = (what: string): void => {
    told.push(what)
    if (told.length === 3) all.open()
  }
  const begunAll = gate()
  let running = 0
  const end = await start(t, async (request: Request) => {
    if (++running === 3) begunAll.open()
    if (request.path === '/body') await request.bytes().catch((error: Error) => tell(`body ${error.name}`))
    if (request.path === '/signal') {
      await new Promise<void>((resolve) => request.signal.addEventListener('abort', () => resolve()))
      tell('signal')
    }
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.alloc(100_000)
      } finally {
        tell('source')
      }
    }
    return new Response(request.path === '/source' ? source() : null)
  })
  end.socket.pause()
  end.send(
    begun({ id: 1, path: '/body', body: 'xx' }),
    whole({ id: 2, path: '/signal' }),
    whole({ id: 3, path: '/source' }),
  )
  await begunAll.passed
  end.socket.destroy()
  await all.passed
  assert.deepEqual(told.sort(), ['body AbortError', 'signal', 'source'])
})

test('an answer that breaks off ends the connection without an END_REQUEST, after the others', SOON, async (t) => {
  const slow = gate()
  const reports = new Reports()
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('first')
    throw new Error('midway')
  }
  const end = await start(
    t,
    async (request: Request) => {
      if (request.path === '/slow') await slow.passed
      return new Response(request.path === '/broken' ? failing() : 'whole')
    },
    { report: reports.report },
  )
  end.send(whole({ id: 1, path: '/slow' }), whole({ id: 2, path: '/broken' }))
  await reports.told('broke off')
  const refused = await end.send(whole({ id: 3 })).answer(3)
  assert.equal(refused.end?.protocolStatus, 2)
  slow.open()
  assert.equal(String(seenIn(await end.answer(1)).body), 'whole')
  await end.whenClosed()
  assert.match(end.came(2).stdout, /first$/)
  assert.match(end.came(2).stderr, /^error: The answer broke off\. uri="\/broken" status=200 error="Error: midway at /)
  assert.deepEqual([end.came(2).end, end.came(2).stdoutEnded], [undefined, false])
  // Some web servers take the mere end of the connection for the end of the answer.
  assert.match(String(end.fault), /a record has version 0/)
})

test('a web server that knows our windows is told by a status that an answer broke off', SOON, async (t) => {
  const end = await start(t, () => {
    let pulls = 0
    return new Response({
      [Symbol.asyncIterator]: () => ({
        next: () =>
          pulls++ === 0 ? Promise.resolve({ done: false, value: Buffer.from('x') }) : Promise.reject(new Error('no')),
      }),
    })
  })
  const came = await end.send(whole({ flags: 3 })).answer()
  assert.deepEqual([came.end?.protocolStatus, came.stdoutEnded], [BROKEN_OFF, false])
  assert.equal((await end.send(whole({ flags: 3 })).answer()).end?.protocolStatus, BROKEN_OFF)
})

for (const [what, size] of [
  ['more', 2],
  ['fewer', 9],
] as const) {
  test(`a body of ${what} bytes than its head says breaks off`, SOON, async (t) => {
    async function* body(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('12345')
    }
    const end = await start(t, () => new Response(body(), { headers: { 'Content-Length': String(size) } }))
    end.send(whole({ flags: 3 }))
    const came = await end.answer()
    assert.ok(came.end?.protocolStatus === BROKEN_OFF || seenIn(came).status === 500)
  })
}

for (const size of [5000, 100_000]) {
  test(`windows: an answer of ${size} bytes waits for credit, and others pass it`, SOON, async (t) => {
    const large = patterned(size)
    const end = await start(t, (request: Request) => new Response(request.path === '/large' ? large : 'small'), {
      window: 1000,
    })
    end.send(whole({ id: 1, path: '/large', flags: 3 }), whole({ id: 2, flags: 3 }))
    await end.answer(2)
    await end.until(() => end.came(1).stdout.length >= 1000)
    assert.equal(end.came(1).stdout.length, 1000)
    end.send(whole({ id: 2, flags: 3 }), credit(1, 500))
    await end.answer(2)
    await end.until(() => end.came(1).stdout.length >= 1500)
    assert.equal(end.came(1).stdout.length, 1500)
    end.send(credit(1, 1_000_000))
    assert.ok(seenIn(await end.answer(1)).body.equals(large))
  })
}

test(
  'windows: a body is credited as it is read, and one that comes beyond its window closes the connection',
  SOON,
  async (t) => {
    const reading = gate()
    const end = await start(
      t,
      async (request: Request) => {
        await reading.passed
        return new Response(String((await request.bytes()).byteLength))
      },
      { window: 1000 },
    )
    end.send(begun({ method: 'POST', flags: 3, body: 'x'.repeat(2500) }), record(STDIN, 1, 'x'.repeat(1000)))
    // An answered question shows that all before it was read.
    await end.values('FCGI_MAX_REQS')
    assert.equal(
      end.others.some(([type]) => type === 64),
      false,
    )
    reading.open()
    await end.until(() => end.others.some(([type]) => type === 64))
    assert.equal(end.others.find(([type]) => type === 64)?.[2], '\0\0\x03\xe8')
    end.send(record(STDIN, 1, 'x'.repeat(1001)))
    await end.whenClosed()
  },
)

test('GET_VALUES tells what is so (§4.1)', SOON, async (t) => {
  const end = await start(t, echo, { maxConnections: 7, maxRequests: 9, window: 5000 })
  assert.deepEqual(await end.values('FCGI_MAX_CONNS', 'FCGI_MAX_REQS', 'FCGI_MPXS_CONNS', 'ORIEL_WINDOW', 'NO_SUCH'), {
    FCGI_MAX_CONNS: '7',
    FCGI_MAX_REQS: '9',
    FCGI_MPXS_CONNS: '1',
    ORIEL_WINDOW: '5000',
  })
})

test(
  'requests beyond maxRequests are refused as overloaded, those whose handler runs on after an abort counted',
  SOON,
  async (t) => {
    const slow = gate()
    const end = await start(t, () => slow.passed.then(() => new Response('a')), { maxRequests: 2 })
    end.send(whole({ id: 1 }), whole({ id: 2 }), abortRequest(2), whole({ id: 3 }))
    assert.deepEqual((await end.answer(3)).end, { appStatus: 0, protocolStatus: 2 })
    slow.open()
    await end.answer(1)
    assert.deepEqual((await end.send(whole({ id: 3 })).answer(3)).end, COMPLETE)
  },
)

test('connections beyond maxConnections are closed', SOON, async (t) => {
  const server = await serveFastCgi(echo, { listen: '127.0.0.1:0', maxConnections: 1 })
  t.after(() => server.close())
  const first = await WebServerEnd.open(server.address)
  const second = await WebServerEnd.open(server.address)
  await second.whenClosed()
  await first.send(whole()).answer()
  first.socket.destroy()
})

test('a role that is not offered is unknown (§5.5)', SOON, async (t) => {
  const end = await start(t, echo)
  for (const role of [2, 3, 9]) {
    const came = await end.send(whole({ role })).answer()
    assert.deepEqual([came.end, came.stdout], [{ appStatus: 0, protocolStatus: 3 }, ''])
  }
})

test(
  'the error log of the web server hears of failures and of what the handler says, in lines that nobody forges',
  SOON,
  async (t) => {
    const reports = new Reports()
    const end = await start(
      t,
      (request: Request, connection: Connection) => {
        if (request.path === '/throws') throw new Error('se\ncret')
        connection.exchange.report('debug', 'Not this.')
        connection.exchange.report('warn', 'A thing.', { name: 'a\nb', n: 7 })
        call(connection).stderr('raw')
        call(connection).appStatus = -7
        return new Response('a')
      },
      { report: reports.report },
    )
    const said = await end.send(whole()).answer()
    assert.equal(said.stderr, 'warn: A thing. name="a\\nb" n=7\nraw\n')
    assert.equal(said.end?.appStatus, -7)
    const failed = await end.send(whole({ path: '/throws' })).answer()
    assert.match(
      failed.stderr,
      /^error: The request failed\. method="GET" uri="\/throws" status=500 error="Error: se\\ncret at [^\n]*\n$/,
    )
    assert.equal(seenIn(failed).status, 500)
    assert.deepEqual(
      reports.all.map(({ event }) => event),
      ['Not this.', 'A thing.', 'The request failed.'],
    )
  },
)

test('variables that make no request are answered 400, too many of them 431', SOON, async (t) => {
  const end = await start(t, echo, { maxParams: 1000 })
  for (const variables of [{ REQUEST_METHOD: '' }, { REQUEST_URI: '/%00' }, { HTTP_X: 'a\nb' }]) {
    assert.equal(seenIn(await end.send(whole({ variables })).answer()).status, 400)
  }
  const came = await end.send(whole({ variables: { X: 'x'.repeat(1000) } })).answer()
  assert.equal(seenIn(came).status, 431)
  assert.equal(String(seenIn(await end.send(whole({ method: 'POST', body: 'on' })).answer()).body), 'on')
})

for (const [what, records] of [
  ['HTTP', 'GET / HTTP/1.0\r\n\r\n'],
  ['a second BEGIN_REQUEST of an active id', begun() + begun()],
  ['a record of a request without its id', beginRequest(0, 1, 1)],
] as const) {
  test(`${what} closes the connection, and no other`, SOON, async (t) => {
    const reports = new Reports()
    const server = await serveFastCgi(echo, { listen: '127.0.0.1:0', report: reports.report })
    t.after(() => server.close())
    const [bad, good] = [await WebServerEnd.open(server.address), await WebServerEnd.open(server.address)]
    bad.send(records)
    await bad.whenClosed()
    await reports.told('no FastCGI')
    assert.deepEqual((await good.send(whole({ flags: 0 })).answer()).end, COMPLETE)
    await good.whenClosed()
  })
}

test('content that nobody reads stops one connection only, and the answer frees it', SOON, async (t) => {
  const slow = gate()
  const end = await start(t, () => slow.passed.then(() => new Response('a')), { limits: { body: 1e8 } })
  const size = 20_000_000
  end.send(begun({ method: 'POST', body: 'x'.repeat(size) }))
  let taken = false
  end.socket.write(Buffer.from(content(STDIN, 1, 'x'.repeat(size)), 'latin1'), () => {
    taken = true
  })
  setImmediate(() => {
    assert.equal(taken, false)
    slow.open()
  })
  await end.answer()
  assert.deepEqual((await end.send(whole()).answer()).end, COMPLETE)
  assert.equal(taken, true)
})

test('it stops with what runs answered, idle connections closed and new requests refused', SOON, async (t) => {
  const slow = gate()
  const server = await serveFastCgi(() => slow.passed.then(() => new Response('a')), { listen: '127.0.0.1:0' })
  t.after(() => server.close())
  const [busy, idle] = [await WebServerEnd.open(server.address), await WebServerEnd.open(server.address)]
  await idle.values('FCGI_MAX_REQS')
  busy.send(whole({ id: 1 }))
  await busy.values('FCGI_MAX_REQS')
  const closed = server.close()
  await idle.whenClosed()
  assert.equal((await busy.send(whole({ id: 2 })).answer(2)).end?.protocolStatus, 2)
  slow.open()
  assert.deepEqual((await busy.answer(1)).end, COMPLETE)
  await busy.whenClosed()
  await closed
})

test('what runs too long when it stops is cut off', SOON, async (t) => {
  const server = await serveFastCgi(() => new Promise(() => {}), { listen: '127.0.0.1:0', stopTimeout: 10 })
  const end = await WebServerEnd.open(server.address)
  t.after(() => end.socket.destroy())
  await end.send(whole()).values('FCGI_MAX_REQS')
  await server.close()
  await end.whenClosed()
  assert.match(String(end.fault), /a record has version 0/)
})

test('only web servers that are listed are spoken to (§3.2)', SOON, async (t) => {
  const before = process.env['FCGI_WEB_SERVER_ADDRS']
  t.after(() => {
    if (before === undefined) delete process.env['FCGI_WEB_SERVER_ADDRS']
    else process.env['FCGI_WEB_SERVER_ADDRS'] = before
  })
  for (const [addresses, env, spoken] of [
    [['192.0.2.1'], undefined, false],
    [['loopback'], '192.0.2.1', true],
    [undefined, '192.0.2.1, 127.0.0.1', true],
    [undefined, '192.0.2.1', false],
    [undefined, '', true],
  ] as const) {
    if (env === undefined) delete process.env['FCGI_WEB_SERVER_ADDRS']
    else process.env['FCGI_WEB_SERVER_ADDRS'] = env
    const options = { listen: '127.0.0.1:0', ...(addresses !== undefined && { webServerAddresses: addresses }) }
    const server = await serveFastCgi(echo, options)
    const end = await WebServerEnd.open(server.address)
    if (spoken) assert.deepEqual((await end.send(whole()).answer()).end, COMPLETE)
    else await end.whenClosed()
    end.socket.destroy()
    await server.close()
  }
  process.env['FCGI_WEB_SERVER_ADDRS'] = 'somewhere'
  await assert.rejects(serveFastCgi(echo, { listen: '127.0.0.1:0' }), /"somewhere" is no network/)
})

test('what cannot be served, or listened on, is said', SOON, async () => {
  await assert.rejects(serveFastCgi(7, { listen: '127.0.0.1:0' }), /a resource is/)
  await assert.rejects(
    serveFastCgi(echo, { listen: 'somewhere' }),
    /"somewhere" is no address: give unix:PATH or host:port/,
  )
  await assert.rejects(serveFastCgi(echo, { listen: '127.0.0.1:0', maxRequests: 0 }), /maxRequests is 0: expected/)
  await assert.rejects(serveFastCgi(echo, { listen: 'unix:/none/such.sock' }), { code: 'ENOENT' })
})

test('a client that comes and goes with half a record leaves nothing behind', SOON, async (t) => {
  const server = await serveFastCgi(echo, { listen: '127.0.0.1:0' })
  t.after(() => server.close())
  const [host = '', port] = server.address.split(':')
  const all = whole({ method: 'POST', body: 'x' })
  for (let size = 0; size < all.length; size += 5) {
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), host, () => socket.end(Buffer.from(all.slice(0, size), 'latin1')))
      socket
        .resume()
        .on('error', () => {})
        .on('close', () => resolve())
    })
  }
  const end = await WebServerEnd.open(server.address)
  assert.deepEqual((await end.send(whole({ flags: 0 })).answer()).end, COMPLETE)
})
