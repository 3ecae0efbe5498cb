import { adoptDescriptor, type ListenAddress } from '../../src/io/bound.ts'
import { findSocket, matchSockets } from '../../src/io/inherited.ts'
import { type Accepting, Listener } from '../../src/io/listener.ts'
import { notifier, READY } from '../../src/io/notify.ts'
import { inheritedSockets } from '../../src/io/systemd.ts'

/*
 * A program that systemd starts, for the tests: listens where its argument says (JSON, as `listen` in a config), tells
 * that it is ready, and greets whoever connects with what it found.
 */

const wanted = JSON.parse(process.argv[2] ?? 'null') as ListenAddress[] | null
const sockets = inheritedSockets().map(findSocket)
const matched = matchSockets(wanted ?? undefined, sockets)
const urls: string[] = []
const accepting: Accepting = {
  admit: () => true,
  prepare: () => Promise.resolve(),
  admitSilent: () => true,
  speak: (socket) => socket.end(JSON.stringify({ sockets, urls, faults: matched.faults, left: left() })),
  failed: () => {},
  handshake: 10_000,
}
for (const { fd, ...address } of matched.listen) {
  const given = fd === undefined ? {} : { bound: adoptDescriptor(address, fd) }
  urls.push((await Listener.open(address, accepting, given)).url)
}
await notifier((sentence) => process.stderr.write(`${sentence}\n`)).notify({ ...READY, STATUS: urls.join(' ') })
process.on('SIGTERM', () => process.exit(0))

/** Variables of systemd that its own programs would inherit. */
function left(): string[] {
  return Object.keys(process.env).filter((name) => /^(?:LISTEN|NOTIFY|WATCHDOG)_/.test(name))
}
