import assert from 'node:assert/strict'
import { METHODS } from 'node:http'
import { test } from 'node:test'
import { engineReader, nearMiss, nodeReader, type Reading, valid } from './support/near-misses.ts'
import { fc, runs } from './support/property.ts'

const SOON = { timeout: 120_000 }

/** A kind of message that one of the two takes and the other refuses. */
interface Difference {
  readonly name: string
  /** One message of the kind. */
  readonly example: string
  readonly takenBy: 'engine' | 'node'
  /** Newer versions of Node decide as we do. */
  readonly settled?: true
  readonly why: string
  /** Whether a request is of this kind: its head line by line, the first line first, and what follows the head. */
  of(request: TakenApart): boolean
}

interface TakenApart {
  readonly line: string
  readonly fields: readonly string[]
  readonly behind: string
  /** What came before this request on the connection. */
  readonly before: string
  /** What of that belonged to no request. */
  readonly gap: string
}

const DIFFERENCES: readonly Difference[] = [
  {
    name: 'a method that is not registered',
    example: 'FETCH / HTTP/1.1\r\nHost: a\r\n\r\n',
    takenBy: 'engine',
    why: 'RFC 9110 §9.1: a method is any token, and what it means is for the resource to say: 405. Node knows a list.',
    of: ({ line }) => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+ /.test(line) && !METHODS.includes(line.split(' ')[0] ?? ''),
  },
  {
    name: 'a higher minor version',
    example: 'GET / HTTP/1.5\r\nHost: a\r\n\r\n',
    takenBy: 'engine',
    why: 'RFC 9110 §2.5: HTTP/1.5 is to be read as the highest minor version that the server knows.',
    of: ({ line }) => / HTTP\/1\.[2-9]$/.test(line),
  },
  {
    name: 'white space round the signs of a chunk extension',
    example: 'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1 ;a=b\r\nx\r\n0\r\n\r\n',
    takenBy: 'engine',
    why: 'RFC 9112 §7.1.1: a recipient must take this "bad" white space and remove it.',
    of: ({ behind }) => /^[0-9a-f]+[ \t]*;[^\r\n]*?\r\n/i.test(behind) && /^[^\r\n"]*[ \t]/.test(behind),
  },
  {
    name: 'a malformed Host',
    example: 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n',
    takenBy: 'node',
    why: 'RFC 9112 §3.2: a Host that is no host and port is 400. Node gives it to the application as it is.',
    of: ({ fields }) =>
      fields.some(
        (field) => /^host:/i.test(field) && !/^host:[ \t]*(?:[\w.~-]*|\[[\da-f:.]+\])(?::\d{0,5})?[ \t]*$/i.test(field),
      ),
  },
  {
    name: 'a target of none of the four forms',
    example: 'GET /#a HTTP/1.1\r\nHost: a\r\n\r\n',
    takenBy: 'node',
    why: 'RFC 9112 §3.2: a fragment, no slash, another scheme, an octet that no URI has, a broken percent-encoding, and a backslash, which some take for a slash, are 400. Node gives the application any text.',
    of: ({ line }) => {
      const target = line.replace(/^[^ ]* +/, '').replace(/ +(?:HTTP\/\d\.\d)?$/, '')
      return !/^(?:https?:\/\/[\w.~-]+(?::\d*)?)?(?:\/|\?|$)(?:[\w.~!$&'()*+,;=:@/?"<>[\]^`{|}-]|%[\da-f]{2})*$/i.test(
        target,
      )
    },
  },
  {
    name: 'no version',
    example: 'GET /\r\nHost: a\r\n\r\n',
    takenBy: 'node',
    why: 'RFC 9112 §2.3, §3: a line without a version is HTTP/0.9, which no server has to speak, and none should guess.',
    of: ({ line }) => !/ HTTP\/\d\.\d$/.test(line),
  },
  {
    name: 'more than one space in the request line',
    example: 'GET  / HTTP/1.1\r\nHost: a\r\n\r\n',
    takenBy: 'node',
    why: 'RFC 9112 §3: one SP between the parts. Whoever splits elsewhere sees another target.',
    of: ({ line }) => / {2}/.test(line),
  },
  {
    name: 'a malformed chunk extension',
    example: 'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;=b\r\nx\r\n0\r\n\r\n',
    takenBy: 'node',
    why: 'RFC 9112 §7.1.1: an extension has a name, and its value is a token or a quoted string.',
    of: ({ behind }) =>
      /^[0-9a-f]+;/i.test(behind) && !/^[0-9a-f]+(?:;[\w*+.-]+(?:=(?:[\w*+.-]+|"[^"\\]*"))?)*\r\n/i.test(behind),
  },
  {
    name: 'an empty member of Transfer-Encoding',
    example: 'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:,chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
    takenBy: 'node',
    why: 'RFC 9112 §6.1: RFC 9110 §5.6.1 would have it ignored, but who reads the list otherwise finds another end.',
    of: ({ fields }) => fields.some((field) => /^transfer-encoding:(?:[ \t]*,.*|.*,[ \t]*)$/i.test(field)),
  },
  {
    name: 'no member of Transfer-Encoding',
    settled: true,
    example: 'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n',
    takenBy: 'node',
    why: 'RFC 9112 §6.1: the field is there and says nothing. Node reads on as if it were not there.',
    of: ({ fields }) => fields.some((field) => /^transfer-encoding:[ \t]*$/i.test(field)),
  },
  {
    name: 'Transfer-Encoding in HTTP/1.0',
    example: 'PUT / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
    takenBy: 'node',
    why: 'RFC 9112 §6.1: such a message is treated as if its framing were faulty.',
    of: ({ line, fields }) => / HTTP\/1\.0$/.test(line) && fields.some((field) => /^transfer-encoding:/i.test(field)),
  },
  {
    name: 'a tab behind Content-Length',
    settled: true,
    example: 'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\t\r\n\r\nx',
    takenBy: 'engine',
    why: 'RFC 9112 §5.1: white space behind a value is no part of it, be it a space or a tab. Node takes the space only.',
    of: ({ fields }) => fields.some((field) => /^content-length:[ \t]*\d+[ \t]*\t[ \t]*$/i.test(field)),
  },
  {
    name: 'CR or LF alone before a request',
    example: '\nGET / HTTP/1.1\r\nHost: a\r\n\r\n',
    takenBy: 'node',
    why: 'RFC 9112 §2.2: empty lines that are ignored are those of CRLF.',
    of: ({ gap }) => /^[\r\n]+$/.test(gap) && !/^(?:\r\n)+$/.test(gap),
  },
  {
    name: 'a request behind one that was refused',
    example: 'GET / HTTP/1.1\r\n\r\nGET /last HTTP/1.1\r\nHost: a\r\n\r\n',
    takenBy: 'node',
    why: 'RFC 9112 §9.6: after a 400 that closes nothing more is read. Node answers a missing Host 400 and reads on.',
    of: ({ before }) => before !== '' && !/\r\nhost:/i.test(before.slice(0, before.indexOf('\r\n\r\n') + 2)),
  },
]

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}

/** The request that one of the two took, found in the message again, behind the one that both took, if any. */
function takeApart(message: string, reading: string, previous: string | undefined): TakenApart {
  const [method = '', target = ''] = reading.split(' ')
  const found = [...message.matchAll(new RegExp(`${escaped(method)} +${escaped(target)}`, 'g'))]
  const at = found.at(previous === undefined ? 0 : -1)?.index ?? 0
  const headEnd = message.indexOf('\r\n\r\n', at)
  const [line = '', ...fields] = message.slice(at, headEnd < 0 ? undefined : headEnd).split('\r\n')
  const before = message.slice(0, at)
  const gap = before.slice(previous === undefined ? 0 : endOf(before, previous))
  return { line, fields, behind: message.slice(headEnd + 4), before, gap }
}

/** Where the first request ends, which was read as told. */
function endOf(text: string, reading: string): number {
  if (!/\r\ncontent-length:/i.test(text)) return text.lastIndexOf('\r\n\r\n') + 4
  const body: string = JSON.parse(reading.slice(reading.indexOf(' "') + 1))
  return text.indexOf('\r\n\r\n') + 4 + body.length
}

/** The name of the difference between two readings; undefined where there is none. @throws where nothing explains it. */
function explained(message: string, engine: Reading, node: Reading): string | undefined {
  let i = 0
  while (i < engine.length && i < node.length && engine[i] === node[i]) i++
  const taken = engine[i] ?? node[i]
  if (taken === undefined) return undefined
  const takenBy = i < engine.length ? 'engine' : 'node'
  const both = i < engine.length && i < node.length
  const request = takeApart(message, taken, engine[i - 1])
  const found = both ? undefined : DIFFERENCES.find((kind) => kind.takenBy === takenBy && kind.of(request))
  assert.ok(found !== undefined, `${JSON.stringify(message)} is ${engine.join(', ')} here and ${node.join(', ')} there`)
  return found.name
}

test('valid requests are read by Node’s own parser and by ours alike', SOON, async () => {
  const engine = engineReader()
  const node = nodeReader()
  const check = fc.asyncProperty(valid, async (message) => {
    const read = await engine(message)
    assert.ok(read.length > 0)
    assert.deepEqual(read, await node(message))
  })
  await fc.assert(check, runs(500))
})

test('near-misses that Node’s own parser and ours decide otherwise are of a kind that is explained', SOON, async () => {
  const engine = engineReader()
  const node = nodeReader()
  const check = fc.asyncProperty(nearMiss, async (message) => {
    explained(message, await engine(message), await node(message))
  })
  await fc.assert(check, runs(6000))
})

test('every kind of difference that is explained is one', SOON, async () => {
  const engine = engineReader()
  const node = nodeReader()
  for (const { name, example, settled } of DIFFERENCES) {
    const kind = explained(example, await engine(example), await node(example))
    if (settled !== true || kind !== undefined) assert.equal(kind, name)
  }
})
