import { createSocket, type Socket as DatagramSocket } from 'node:dgram'
import { connect, isIPv6, type Socket } from 'node:net'
import { hostname } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { openDatagrams, type UnixDatagrams } from '../../io/unix-datagrams.ts'
import type { Batch } from './batch.ts'
import { isInstalled } from './installed.ts'
import type { Outlet } from './outlet.ts'
import type { SyslogOptions, SyslogPlace } from './place.ts'
import { SyslogMessages } from './syslog-message.ts'

/** The socket of the daemon of this machine. */
const LOCAL = 'unix:/dev/log'
/** RFC 5424 §6.1: receivers should take 2048 bytes; rsyslog and syslog-ng take 8192. */
const UDP_SIZE = 2_048
const SIZE = 8_192
/** For a connection, and for a daemon to take anything, in milliseconds. */
const PATIENCE = 5_000
const POLL = 10

interface Way {
  send(messages: readonly Buffer[]): Promise<void>
  close(): void
}

/** A log daemon: by RFC 5424 over UDP (RFC 5426) and TCP (RFC 6587), or as syslog(3) does over a Unix socket. */
export class SyslogOutlet implements Outlet {
  readonly #messages: SyslogMessages
  readonly #way: Way
  #batch: Batch | undefined
  #sending: readonly Buffer[] = []

  /** @throws TypeError that says what is wrong with the address. */
  constructor({ syslog }: SyslogPlace) {
    const options: SyslogOptions = syslog === true ? {} : typeof syslog === 'string' ? { address: syslog } : syslog
    const { kind, host, port, path } = parseAddress(options.address ?? LOCAL)
    const { form = kind === 'unix' ? 'local' : 'rfc5424', size = kind === 'udp' ? UDP_SIZE : SIZE } = options
    this.#messages = new SyslogMessages(options, form === 'local', hostname(), process.pid, size)
    if (kind === 'unix' && !isInstalled('koffi')) {
      throw new TypeError('Node cannot send to Unix sockets of daemons: npm install koffi, or give udp: or tcp:')
    }
    if (kind === 'unix') this.#way = new UnixWay(path)
    else if (kind === 'udp') this.#way = new UdpWay(host, port)
    else this.#way = new TcpWay(host, port, options.framing ?? 'octets')
  }

  send(batch: Batch): Promise<void> {
    if (batch !== this.#batch) {
      const now = new Date()
      this.#sending = batch.lines.map((line) => this.#messages.of(line, now))
      this.#batch = batch
    }
    return this.#way.send(this.#sending)
  }

  async close(): Promise<void> {
    this.#way.close()
  }
}

interface Address {
  readonly kind: 'unix' | 'udp' | 'tcp'
  readonly host: string
  readonly port: number
  readonly path: string
}

/** @throws TypeError that says what was expected. */
export function parseAddress(address: string): Address {
  if (/^unix:./.test(address)) return { kind: 'unix', host: '', port: 0, path: address.slice(5) }
  const parts = /^(?:(udp|tcp):)?(?:\[([0-9a-fA-F:.%a-z]+)\]|([^:/\s[\]]+)):(\d{1,5})$/.exec(address)
  if (parts === null) throw new TypeError(`${address} is no address: give unix:PATH, udp:host:port or tcp:host:port`)
  const [, kind = 'udp', six, host, port] = parts
  return { kind: kind as 'udp' | 'tcp', host: six ?? host ?? '', port: Number(port), path: '' }
}

class UdpWay implements Way {
  readonly #host: string
  readonly #port: number
  #socket: DatagramSocket | undefined

  constructor(host: string, port: number) {
    this.#host = host
    this.#port = port
  }

  /** Fulfilled when they have left: nobody knows whether datagrams arrive. */
  async send(messages: readonly Buffer[]): Promise<void> {
    for (const message of messages) {
      await new Promise<void>((resolve, reject) => {
        this.#opened().send(message, this.#port, this.#host, (error) => (error === null ? resolve() : reject(error)))
      })
    }
  }

  close(): void {
    this.#socket?.close()
    this.#socket = undefined
  }

  #opened(): DatagramSocket {
    this.#socket ??= createSocket(isIPv6(this.#host) ? 'udp6' : 'udp4')
      .on('error', () => this.close())
      .unref()
    return this.#socket
  }
}

class TcpWay implements Way {
  readonly #host: string
  readonly #port: number
  readonly #framing: 'octets' | 'lines'
  #socket: Socket | undefined

  constructor(host: string, port: number, framing: 'octets' | 'lines') {
    this.#host = host
    this.#port = port
    this.#framing = framing
  }

  /** Fulfilled when the system has taken them. A batch that failed halfway is sent again as a whole. */
  async send(messages: readonly Buffer[]): Promise<void> {
    const octets = this.#framing === 'octets'
    // RFC 6587 §3.4.1 and §3.4.2; a message has no line end of its own.
    const parts = messages.flatMap((message) =>
      octets ? [Buffer.from(`${message.byteLength} `), message] : [message, Buffer.from('\n')],
    )
    const socket = this.#socket ?? connect({ host: this.#host, port: this.#port, noDelay: true })
    if (this.#socket === undefined) {
      this.#socket = socket
      // A daemon says nothing; that it ends is noticed by reading.
      socket.unref().resume()
      socket.on('close', () => {
        if (this.#socket === socket) this.#socket = undefined
      })
    }
    await new Promise<void>((resolve, reject) => {
      const end = (error?: Error): void => {
        clearTimeout(late)
        socket.off('error', end).off('close', gone)
        if (error === undefined) return resolve()
        socket.on('error', () => undefined).destroy()
        if (this.#socket === socket) this.#socket = undefined
        reject(error)
      }
      const gone = (): void => end(new Error('the daemon closed the connection'))
      const late = setTimeout(() => end(new Error(`the daemon takes nothing for ${PATIENCE / 1000} seconds`)), PATIENCE)
      socket.on('error', end).on('close', gone)
      socket.write(Buffer.concat(parts), (error) => end(error ?? undefined))
    })
  }

  close(): void {
    this.#socket?.end()
    this.#socket = undefined
  }
}

class UnixWay implements Way {
  readonly #path: string
  #datagrams: UnixDatagrams | undefined
  /** How many of a batch that failed halfway have been taken. */
  #sent = 0
  #last: readonly Buffer[] | undefined

  constructor(path: string) {
    this.#path = path
  }

  async send(messages: readonly Buffer[]): Promise<void> {
    if (messages !== this.#last) this.#sent = 0
    this.#last = messages
    try {
      this.#datagrams ??= await openDatagrams(this.#path)
      let stuck = 0
      while (this.#sent < messages.length) {
        if (this.#datagrams.send(messages[this.#sent] ?? Buffer.of())) {
          this.#sent++
          stuck = 0
          continue
        }
        if (stuck >= PATIENCE) throw new Error(`the daemon takes nothing for ${PATIENCE / 1000} seconds`)
        stuck += POLL
        await wait(POLL)
      }
    } catch (error) {
      this.close()
      throw error
    }
  }

  close(): void {
    this.#datagrams?.close()
    this.#datagrams = undefined
  }
}
