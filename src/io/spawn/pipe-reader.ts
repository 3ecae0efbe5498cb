import { Socket } from 'node:net'

/** Reads a pipe until its end, which is told as undefined; then it is closed. Bytes are good during the call only. */
export interface PipeReader {
  pause(): void
  resume(): void
  /** Tells nothing more. */
  close(): void
}

export type Take = (bytes: Buffer | undefined) => void
export type ReadPipe = (descriptor: number, take: Take) => PipeReader

/** What Node's own sockets read with. It has no public name. */
interface Handle {
  onread: (bytes: ArrayBuffer | undefined) => void
  open(descriptor: number): number | undefined
  readStart(): number
  readStop(): number
  close(): void
}
type HandleClass = new (kind: number) => Handle

/** The kind of handle that carries bytes only, no descriptors. */
const PLAIN = 0
/** Milliseconds after which the trial of the handle has failed. */
const PATIENCE = 1000

/**
 * How to read pipes here. A stream for each costs 20 µs more than the handle under it, and a program has two: so the
 * handle is tried once, and where it does not behave as known, streams read.
 * @param open Opens a pipe with the byte `x` in it and nobody to write more.
 */
export async function pipeReading(open: () => number): Promise<ReadPipe> {
  const Pipe = handleClass(open())
  if (Pipe === undefined) return readByStream
  const read = (descriptor: number, take: Take): PipeReader => new HandleReader(new Pipe(PLAIN), descriptor, take)
  return (await isSound(read, open())) ? read : readByStream
}

function handleClass(pipe: number): HandleClass | undefined {
  const socket = new Socket({ fd: pipe, readable: true, writable: false })
  const found = (socket as unknown as { _handle?: Handle })._handle?.constructor as HandleClass | undefined
  socket.destroy()
  const { open, readStart, readStop, close } = found?.prototype ?? {}
  return [open, readStart, readStop, close].every((method) => typeof method === 'function') ? found : undefined
}

/** Whether the one byte comes, and then the end. */
function isSound(read: ReadPipe, pipe: number): Promise<boolean> {
  return new Promise((resolve) => {
    let got = ''
    const reader = read(pipe, (bytes) => {
      if (bytes !== undefined) got += bytes.toString('latin1')
      else settle(got === 'x')
    })
    const late = setTimeout(() => settle(false), PATIENCE)
    const settle = (sound: boolean): void => {
      clearTimeout(late)
      reader.close()
      resolve(sound)
    }
  })
}

class HandleReader implements PipeReader {
  #handle: Handle
  #open = true

  constructor(handle: Handle, descriptor: number, take: Take) {
    this.#handle = handle
    handle.open(descriptor)
    // Without bytes it is the end, or an error, which is the end as well.
    handle.onread = (bytes) => {
      if (bytes === undefined) this.close()
      take(bytes && Buffer.from(bytes))
    }
    handle.readStart()
  }

  pause(): void {
    if (this.#open) this.#handle.readStop()
  }

  resume(): void {
    if (this.#open) this.#handle.readStart()
  }

  close(): void {
    if (this.#open) this.#handle.close()
    this.#open = false
  }
}

export function readByStream(descriptor: number, take: Take): PipeReader {
  const socket = new Socket({ fd: descriptor, readable: true, writable: false })
  let open = true
  const end = (): void => {
    if (open) take(undefined)
    open = false
  }
  socket.on('data', (bytes: Buffer) => open && take(bytes)).on('end', end)
  socket.on('error', end)
  return {
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    close: () => {
      open = false
      socket.destroy()
    },
  }
}
