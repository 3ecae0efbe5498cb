import { Socket } from 'node:net'

/**
 * What the system gives goes into one buffer for all sockets. Node makes a buffer of 64 KiB for every read and cuts it
 * to what came, which costs more than all that a small request asks of us: nearly two microseconds of ten.
 *
 * Node has this as `onread`, but only for sockets that a program opens itself. For accepted ones the same fields are set
 * here, as the constructor of `net.Socket` sets them; they have no public name, so where one of them is missing the
 * socket reads in the usual way. See docs/architecture.md.
 */
const shared = Buffer.allocUnsafeSlow(65536)

interface Slots {
  readonly buffer: symbol
  readonly callback: symbol
}

interface Handle {
  useUserBuffer?: (buffer: Buffer) => void
}

type Open = Record<symbol, unknown> & { _handle?: Handle | null }

/** Told how many bytes came, which are in the buffer during the call only; false stops reading, as from `push()`. */
type OnRead = (this: Socket, size: number, buffer: Buffer) => boolean

let slots: Slots | undefined | null = null

/** Has a socket read into the common buffer, before its first bytes come; returns false where this Node cannot. */
export function readShared(socket: Socket, onRead: OnRead): boolean {
  if (slots === null) slots = slotsOf(new Socket())
  const open = socket as unknown as Open
  const handle = open._handle
  if (slots === undefined || typeof handle?.useUserBuffer !== 'function' || open[slots.buffer] !== null) return false
  open[slots.buffer] = shared
  open[slots.callback] = onRead
  handle.useUserBuffer(shared)
  return true
}

/** Where Node keeps what `onread` sets: on every socket, null where there is none. */
function slotsOf(socket: Socket): Slots | undefined {
  const symbols = Object.getOwnPropertySymbols(socket)
  const named = (name: string): symbol | undefined => symbols.find(({ description }) => description === name)
  const buffer = named('kBuffer')
  const callback = named('kBufferCb')
  return buffer === undefined || callback === undefined ? undefined : { buffer, callback }
}
