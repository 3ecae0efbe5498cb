import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { needPeer } from './peers.ts'

/** Node has no datagrams on Unix sockets. Descriptors that come along are closed: so a sender knows that it was read. */
const SCRIPT = `
import array, json, os, socket, sys
path = sys.argv[1]
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind('\\0' + path[1:] if path[0] == '@' else path)
print(json.dumps('bound'), flush=True)
while True:
    data, more, _, _ = receiver.recvmsg(65536, 1024)
    for _, _, sent in more:
        for fd in array.array('i', sent):
            os.close(fd)
    print(json.dumps(data.decode()), flush=True)
`

/** What a service manager hears, one message after the other, without those by which senders wait for it. */
export class DatagramReceiver {
  readonly #lines: AsyncIterator<string>

  constructor(child: ChildProcess) {
    if (child.stdout === null) throw new TypeError('the receiver has no output')
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  }

  /** @throws Error where the receiver has ended. */
  async next(): Promise<string> {
    for (;;) {
      const { done, value } = await this.#lines.next()
      if (done === true) throw new Error('the receiver of datagrams has ended')
      const message = JSON.parse(value) as string
      if (message !== 'BARRIER=1') return message
    }
  }
}

/** Receives at a path, or at a name that begins with `@`; undefined where the test is skipped for want of Python. */
export async function receiveDatagrams(t: TestContext, path: string): Promise<DatagramReceiver | undefined> {
  const python = needPeer(t, 'python3')
  if (python === undefined) return undefined
  const child = spawn(python, ['-c', SCRIPT, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const receiver = new DatagramReceiver(child)
  if ((await receiver.next()) !== 'bound') throw new Error('the receiver of datagrams did not begin')
  return receiver
}
