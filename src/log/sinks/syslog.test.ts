import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { receiveDatagrams } from '../../../test/support/datagrams.ts'
import { makeFolder } from '../../../test/support/folder.ts'
import { startPeer, whenThere } from '../../../test/support/peer-process.ts'
import { needPeer } from '../../../test/support/peers.ts'
import { freePorts } from '../../../test/support/ports.ts'
import { Reports } from '../../../test/support/reports.ts'
import { openSink } from './open.ts'
import { loadOutlets } from './outlets.ts'
import type { SyslogOptions } from './place.ts'
import { parseAddress } from './syslog.ts'
import { SyslogMessages } from './syslog-message.ts'

await loadOutlets([{ syslog: true }])

const WAITS = { timeout: 30_000 }
const LINUX = { ...WAITS, skip: process.platform !== 'linux' }

function opened(syslog: SyslogOptions) {
  const reports = new Reports()
  return { reports, sink: openSink({ syslog }, '/', reports.report, { firstPause: 1, flush: 500 }) }
}

test('a message is that of RFC 5424, or of syslog(3)', () => {
  const time = new Date(Date.UTC(2026, 10, 2, 3, 4, 5, 678))
  const made = (options: SyslogOptions, local: boolean, line: string, size: number = 500): string =>
    new SyslogMessages(options, local, 'my host', 42, size).of(line, time).toString()
  assert.equal(made({}, false, 'GET /'), '<134>1 2026-11-02T03:04:05.678Z myhost oriel 42 - - GET /')
  assert.equal(
    made({ facility: 'daemon', severity: 'err', name: 'a b' }, false, 'x'),
    '<27>1 2026-11-02T03:04:05.678Z myhost ab 42 - - x',
  )
  assert.match(made({}, true, 'GET /'), /^<134>Nov {2}2 \d\d:\d\d:05 oriel\[42\]: GET \/$/)
  assert.ok(made({}, false, 'a\n<0>forged\0').endsWith('- - a <0>forged '))
})

test('a message that is too long is cut between two characters', () => {
  for (let size = 60; size < 90; size++) {
    const bytes = new SyslogMessages({}, false, 'h', 1, size).of('ü€😀'.repeat(20), new Date())
    assert.ok(bytes.byteLength <= size && bytes.byteLength > size - 4)
    assert.doesNotThrow(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  }
})

test('an address says how and where', () => {
  assert.deepEqual(parseAddress('unix:/dev/log'), { kind: 'unix', host: '', port: 0, path: '/dev/log' })
  assert.deepEqual(parseAddress('tcp:[::1]:514'), { kind: 'tcp', host: '::1', port: 514, path: '' })
  assert.deepEqual(parseAddress('log.example:514'), { kind: 'udp', host: 'log.example', port: 514, path: '' })
  for (const wrong of ['', 'log', 'unix:', 'tls:a:1', 'udp:a']) assert.throws(() => parseAddress(wrong), TypeError)
})

test('datagrams hold one message each', WAITS, async (t) => {
  const receiver = createSocket('udp4').bind(0, '127.0.0.1')
  t.after(() => receiver.close())
  await once(receiver, 'listening')
  const got: string[] = []
  receiver.on('message', (message) => void got.push(message.toString()))
  const { sink } = opened({ address: `udp:127.0.0.1:${receiver.address().port}` })
  sink.write('one')
  sink.write('two')
  await sink.flush()
  while (got.length < 2) await once(receiver, 'message')
  assert.deepEqual(
    got.map((message) => message.slice(-6)),
    ['- one', '- two'].map((end) => ` ${end}`),
  )
  await sink.close()
})

test(
  'on TCP messages are told apart by their size, or by line ends; a daemon that ends is connected to again',
  WAITS,
  async (t) => {
    for (const framing of ['octets', 'lines'] as const) {
      let text = ''
      const server = createServer((socket) =>
        socket.on('data', (bytes) => {
          text += bytes
          socket.end()
        }),
      ).listen(0, '127.0.0.1')
      t.after(() => server.close())
      await once(server, 'listening')
      const { sink } = opened({
        address: `tcp:127.0.0.1:${(server.address() as AddressInfo).port}`,
        framing,
        name: 'n',
      })
      sink.write('one')
      await sink.flush()
      while (!text.includes('one')) await new Promise((resolve) => setTimeout(resolve, 2))
      await new Promise((resolve) => setTimeout(resolve, 50))
      sink.write('zwei ü')
      await sink.flush()
      while (!text.includes('ü')) await new Promise((resolve) => setTimeout(resolve, 2))
      await sink.close()
      const messages: string[] = []
      for (let rest = Buffer.from(text); rest.byteLength > 0; ) {
        const end = framing === 'lines' ? rest.indexOf('\n') : rest.indexOf(' ')
        const size = framing === 'lines' ? end : Number(rest.subarray(0, end))
        const start = framing === 'lines' ? 0 : end + 1
        messages.push(rest.toString('utf8', start, start + size))
        rest = rest.subarray(framing === 'lines' ? end + 1 : start + size)
      }
      assert.deepEqual(
        messages.map((message) => message.replace(/^.* - - /, '')),
        ['one', 'zwei ü'],
      )
    }
  },
)

test('a daemon that is not there costs lines, and is told with the reason', LINUX, async () => {
  const [port] = await freePorts(1)
  const cases: readonly (readonly [address: string, why: RegExp])[] = [
    [`tcp:127.0.0.1:${port}`, /ECONNREFUSED/],
    [`unix:${makeFolder()}/absent`, /connect failed \(ENOENT\)/],
  ]
  for (const [address, why] of cases) {
    const { sink, reports } = opened({ address })
    sink.write('x')
    await sink.close()
    assert.equal(sink.dropped, 1)
    assert.match(String(reports.all[0]?.fields['reason']), why)
  }
})

test('a Unix socket gets datagrams in the form of syslog(3)', LINUX, async (t) => {
  const path = join(makeFolder(), 'log')
  const receiver = await receiveDatagrams(t, path)
  if (receiver === undefined) return
  const { sink } = opened({ address: `unix:${path}` })
  for (let i = 0; i < 300; i++) sink.write(`line ${i}`)
  await sink.close()
  for (let i = 0; i < 300; i++) {
    const message = await receiver.next()
    assert.match(message, new RegExp(`^<134>\\w{3} [ \\d]\\d [\\d:]{8} oriel\\[${process.pid}\\]: line ${i}$`))
  }
  assert.equal(sink.dropped, 0)
})

test('rsyslogd takes and understands all of them', LINUX, async (t) => {
  if (needPeer(t, 'rsyslogd') === undefined) return
  const folder = makeFolder()
  const [udp = 0, tcp = 0] = await freePorts(2)
  const socket = join(folder, 'log')
  await startRsyslog(t, folder, { udp, tcp, socket })
  const out = join(folder, 'out')
  const addresses = [`udp:127.0.0.1:${udp}`, `tcp:127.0.0.1:${tcp}`, `unix:${socket}`]
  for (const address of addresses) {
    const { sink } = opened({ address, facility: 'local3', severity: 'notice', name: 'my-site' })
    sink.write(`by ${address.slice(0, 4)} ü "GET / HTTP/1.1"`)
    await sink.close()
  }
  const line = (by: string): string => `local3|notice|my-site|${process.pid}|by ${by} ü "GET / HTTP/1.1"`
  const expected = ['udp:', 'tcp:', 'unix'].map(line)
  while (readFileSync(out, { encoding: 'utf8', flag: 'a+' }).split('\n').length <= 3) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  assert.deepEqual(readFileSync(out, 'utf8').replaceAll('| ', '|').trimEnd().split('\n').sort(), expected.sort())
})

async function startRsyslog(
  t: TestContext,
  folder: string,
  { udp, tcp, socket }: { udp: number; tcp: number; socket: string },
): Promise<void> {
  const config = join(folder, 'rsyslog.conf')
  writeFileSync(
    config,
    `global(workDirectory="${folder}")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="${socket}" CreatePath="off")
module(load="imudp")
input(type="imudp" address="127.0.0.1" port="${udp}")
module(load="imtcp")
input(type="imtcp" address="127.0.0.1" port="${tcp}")
template(name="parts" type="string" string="%syslogfacility-text%|%syslogseverity-text%|%app-name%|%procid%|%msg%\\n")
if $syslogfacility-text == "local3" then action(type="omfile" file="${join(folder, 'out')}" template="parts")
`,
  )
  const program = needPeer(t, 'rsyslogd') ?? ''
  await startPeer(t, program, ['-n', '-f', config, '-i', join(folder, 'pid')], { port: tcp }, { folder })
  await whenThere(socket)
}
