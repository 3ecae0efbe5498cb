import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, failure, Peer, text } from '../../test/support/gateway-peer.ts'
import { HttpError } from '../message/errors.ts'
import type { Reroute } from '../message/outcome.ts'
import type { Response } from '../message/response.ts'

test('an answer that comes at once is known whole, and has its size', async () => {
  const { peer, answered } = ask()
  peer.says('Content-Type: text/plain\n\nhel')
  peer.says('lo')
  peer.ends()
  const response = (await answered) as Response
  assert.ok(response.body instanceof Uint8Array)
  assert.equal(await text(answered), '200 Content-Type=text/plain hello')
  assert.deepEqual(peer.done, ['input'])
})

test('an answer that goes on is streamed; one that breaks off throws', async () => {
  for (const [end, expected] of [
    [{}, 'one two'],
    [{ error: new HttpError(502, { cause: new Error('gone') }) }, '502 gone'],
  ] as const) {
    const { peer, answered } = ask()
    peer.says('Status: 201\n\none ')
    const response = (await answered) as Response
    peer.says('two')
    const read = response.text()
    peer.ends(end)
    if ('error' in end) assert.equal(await failure(read), expected)
    else assert.equal(await read, expected)
  }
})

for (const [what, said, expected] of [
  ['nothing', '', '502 peer: it ended without a word'],
  ['half a head', 'Content-Type: x', '502 peer: it ended within its head, which begins "Content-Type: x"'],
  ['no head', 'hello\n\n', '502 peer: a line of its head has no colon: "hello"'],
  [
    'less than its length',
    'Content-Length: 5\n\nabc',
    '502 the answer ended after 3 of the 5 bytes that its head announced',
  ],
  ['a length that is none', 'Content-Length: -1\n\nabc', '502 peer: its Content-Length is no length'],
  ['two lengths', 'Content-Length: 1\nContent-Length: 2\n\nabc', '502 peer: its Content-Length is no length'],
  [
    'chunks that are none',
    'A: b\nTransfer-Encoding: chunked\n\nbody\r\n',
    '502 the answer is no chunked one: a line is malformed',
  ],
  [
    'chunks without an end',
    'A: b\nTransfer-Encoding: chunked\n\n4\r\nbody\r\n',
    '502 the answer ended within its chunks',
  ],
  ['another coding', 'Transfer-Encoding: gzip, chunked\n\nx', '502 peer: its Transfer-Encoding is not chunked'],
  [
    'a coding and a length',
    'Transfer-Encoding: chunked\nContent-Length: 3\n\nx',
    '502 peer: it has both Transfer-Encoding and Content-Length',
  ],
  ['status 101', 'Status: 101\n\n', '502 peer: its status is none: "101"'],
  ['a redirect to no path', 'Location: /%zz\n\n', '502 a local redirect leads to no path'],
] as const) {
  test(`a back end that ends well but gives ${what} is a 502 while nothing has left`, async () => {
    const { peer, answered } = ask()
    if (said !== '') peer.says(said)
    peer.ends()
    const failed = await failure(answered)
    if (what !== 'chunks that are none') assert.equal(failed, expected)
    else assert.match(failed, /^502 the answer is no chunked one/)
  })
}

for (const [what, said, expected] of [
  ['a length that is right', 'Content-Length: 3\n\nabc', '200 Content-Length=3 abc'],
  ['chunks', 'A: b\nTransfer-Encoding: chunked\n\n3\r\nabc\r\n0\r\n\r\n', '200 A=b abc'],
  ['a redirect elsewhere', 'Location: http://x/\n\n', '302 Location=http://x/ '],
  ['a redirect with a status', 'Status: 301\nLocation: /b\n\n', '301 Location=/b '],
  ['fields of the connection', 'A: b\nConnection: close\nX-Sendfile: /etc\nX-Accel-Redirect: /x\n\n', '200 A=b '],
  ['two cookies', 'Set-Cookie: a=1\nSet-Cookie: b=2\n\nx', '200 Set-Cookie=a=1 Set-Cookie=b=2 x'],
] as const) {
  test(`an answer with ${what}`, async () => {
    const { peer, answered } = ask()
    peer.says(said)
    peer.ends()
    assert.equal(await text(answered), expected)
  })
}

test('more than the length is cut off and told', async () => {
  const { peer, answered, told } = ask()
  peer.says('Content-Length: 3\n\nabcdef')
  assert.equal(await text(answered), '200 Content-Length=3 abc')
  peer.ends()
  assert.deepEqual(
    told.map(({ event }) => event),
    ['An answer was cut to the length that its head said.'],
  )
})

test('a local redirect goes on as a GET, with the cookies (RFC 3875 §6.2.2)', async () => {
  const { peer, answered } = ask({ method: 'POST' })
  peer.says('Location: /x?y#z\nSet-Cookie: a=1\nX: y\n\n')
  peer.ends()
  const reroute = (await answered) as unknown as Reroute
  assert.deepEqual([reroute.to, reroute.method, reroute.internal], ['/x?y', 'GET', false])
  assert.deepEqual([...(reroute.headers ?? [])], [['set-cookie', 'a=1']])
})

test('informational answers are passed on (RFC 9110 §15.2)', async () => {
  const { peer, answered, connection } = ask()
  const informed: unknown[] = []
  connection.informer = { inform: (status, headers) => informed.push([status, [...headers.keys()]]) }
  peer.says(
    'Status: 103\nLink: </a>\nX-Accel-Redirect: /inside\nConnection: X-Hop, (\nX-Hop: 1\n\nStatus: 204\nA: b\n\n',
  )
  peer.ends()
  assert.equal(await text(answered), '204 A=b ')
  assert.deepEqual(informed, [[103, ['link']]])
})

test('HEAD: the content is dropped, the length is kept, and the back end ends in peace', async () => {
  const { peer, answered } = ask({ method: 'HEAD' })
  peer.says('Content-Length: 10\n\nabc')
  const response = (await answered) as Response
  assert.equal(response.headers.get('content-length'), '10')
  await (response.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]().return?.()
  peer.says('def')
  peer.ends()
  assert.deepEqual(peer.done, ['input'])
})

test('a slow reader holds the back end back, and one that goes aborts it', async () => {
  const { peer, answered } = ask()
  peer.says('A: b\n\n')
  const response = (await answered) as Response
  peer.says('x'.repeat(40000))
  assert.deepEqual(peer.done, ['input'])
  peer.says('x'.repeat(40000))
  assert.deepEqual(peer.done, ['input', 'pause'])
  const reader = (response.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
  await reader.next()
  await reader.next()
  const third = reader.next()
  assert.deepEqual(peer.done, ['input', 'pause', 'resume'])
  peer.says('end')
  assert.equal(Buffer.from((await third).value ?? []).toString(), 'end')
  await reader.return?.()
  assert.deepEqual(peer.done, ['input', 'pause', 'resume', 'abort'])
})

test('a client that goes aborts the call, before and after the head', async () => {
  for (const said of ['', 'A: b\n\nx']) {
    const { peer, answered, request } = ask()
    if (said !== '') peer.says(said)
    const response = said === '' ? undefined : ((await answered) as Response)
    request.abort(new Error('the client has gone'))
    assert.deepEqual(peer.done, ['input', 'abort'])
    await assert.rejects(response === undefined ? answered : response.text(), /the client has gone/)
  }
})

test('content is sent as the back end takes it, and no further where it takes no more', async () => {
  async function* source(): AsyncGenerator<Uint8Array> {
    for (const piece of ['ab', 'cd', 'ef']) yield Buffer.from(piece)
  }
  let closed = 0
  const peer = new Peer()
  peer.takes = false
  const { answered } = ask({ peers: [peer], content: { size: 6, source: source(), close: () => closed++ } })
  const later = (): Promise<void> => new Promise(setImmediate)
  await later()
  assert.deepEqual(peer.written, ['ab'])
  peer.events?.drained()
  await later()
  assert.deepEqual(peer.written, ['ab', 'cd'])
  peer.events?.inputClosed()
  await later()
  peer.says('A: b\n\nok')
  peer.ends()
  assert.equal(await text(answered), '200 A=b ok')
  assert.deepEqual([peer.written, peer.done, closed], [['ab', 'cd'], [], 1])
})

test('content that is shorter than it should be ends the call', async () => {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('ab')
  }
  const { peer, answered } = ask({ content: { size: 6, source: source(), close: () => undefined } })
  await assert.rejects(answered, /only 2 of its 6 bytes/)
  assert.deepEqual(peer.done, ['abort'])
})

test('a call that no back end has begun with is opened once more, others are not', async () => {
  const gone = { error: new HttpError(502, { cause: new Error('gone') }) }
  const retried = ask({ peers: [new Peer(), new Peer()] })
  retried.peers[0]?.ends({ ...gone, again: true })
  retried.peers[1]?.says('A: b\n\nx')
  retried.peers[1]?.ends()
  assert.equal(await text(retried.answered), '200 A=b x')
  for (const said of ['', 'A: b\n\n', 'A']) {
    const { peer, answered, opened } = ask()
    if (said !== '') peer.says(said)
    peer.ends({ ...gone, again: said !== '' })
    const body = said === 'A: b\n\n' ? answered.then((response) => (response as Response).text()) : answered
    assert.equal(await failure(body), '502 gone')
    assert.equal(opened(), 1)
  }
})

test('standard error goes to the log line by line, with the request', async () => {
  const { peer, answered, told } = ask()
  peer.events?.errorOutput(Buffer.from('one\ntw'))
  peer.events?.errorOutput(Buffer.from('o\nlast'))
  peer.says('A: b\n\n')
  peer.ends({ said: { exitCode: 3 } })
  await answered
  assert.deepEqual(
    told.map(({ fields }) => fields['stderr']),
    ['one', 'two', 'last'],
  )
  assert.deepEqual([told[0]?.fields['uri'], told[0]?.fields['program']], ['/a?b', 'peer'])
})

test('a flood of short lines of standard error does not flood the log: the rest is counted', async () => {
  const { peer, answered, told } = ask()
  peer.events?.errorOutput(Buffer.from('e\n'.repeat(20_000)))
  peer.says('A: b\n\n')
  peer.ends()
  await answered
  assert.equal(told.length, 1001)
  assert.equal(told.at(-1)?.fields['bytes'], 19_000)
})

const WITHOUT_END = 'x'.repeat(65536)

for (const [what, options, said] of [
  ['to HEAD', { method: 'HEAD' }, 'A: b\n\n'],
  ['without content', {}, 'Status: 304\nA: b\n\n'],
  ['that goes on elsewhere', {}, 'Location: /other\n\n'],
  ['that has its length', {}, 'Content-Length: 1\n\na'],
] as const) {
  test(`a back end that goes on without end behind an answer ${what} is aborted`, async () => {
    const { peer, answered } = ask(options)
    peer.says(said)
    await answered
    for (let i = 0; i < 16; i++) peer.says(WITHOUT_END)
    assert.deepEqual(peer.done, ['input'])
    peer.says('x')
    assert.deepEqual(peer.done, ['input', 'abort'])
  })
}

test('HEAD: an answer in chunks has none (RFC 9110 §9.3.2)', async () => {
  const { peer, answered } = ask({ method: 'HEAD' })
  peer.says('A: b\nTransfer-Encoding: chunked\n\n')
  peer.ends()
  assert.equal(((await answered) as Response).status, 200)
})
