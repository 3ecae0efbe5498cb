import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** How a file is changed again and again. */
export type Manner = 'replace' | 'rewrite' | 'truncate' | 'append'

/** The content of one version: its number, and letters that only this version has at these places. */
export function version(number: number, size: number): Buffer {
  const line = `version ${String(number).padStart(12, '0')} `
  return Buffer.alloc(size, line)
}

/** The version that some content is, or undefined where it is none: another size, or more than one in it. */
export function versionOf(content: Uint8Array, size: number): number | undefined {
  const number = Number(Buffer.from(content.subarray(8, 20)).toString())
  return Number.isInteger(number) && version(number, size).equals(content) ? number : undefined
}

/** The later one of two versions that some content is put together from, or undefined where it is nothing of the kind. */
export function laterOf(content: Uint8Array, size: number): number | undefined {
  const number = Number(Buffer.from(content.subarray(8, 20)).toString())
  if (!(Number.isInteger(number) && number > 0 && content.byteLength === size)) return undefined
  const [later, earlier] = [version(number, size), version(number - 1, size)]
  const end = content.findIndex((byte, i) => byte !== later[i])
  return end >= 0 && earlier.subarray(end).equals(content.subarray(end)) ? number : undefined
}

/** Changes a file on another thread until it is told to stop. */
export class Writer {
  readonly #worker: Worker
  readonly #stop = new Int32Array(new SharedArrayBuffer(4))
  readonly #quick = new Uint8Array(new SharedArrayBuffer(1 << 20))

  private constructor(path: string, manner: Manner, size: number) {
    const workerData = { path, manner, size, stop: this.#stop, quick: this.#quick }
    this.#worker = new Worker(CODE, { eval: true, workerData })
  }

  /**
   * Whether the version was written in one go. Where the system suspends a writer in the middle of a write, the file holds
   * two versions for as long as it likes, and nothing tells a reader.
   */
  wroteAtOnce(number: number): boolean {
    return this.#quick[number] === 1
  }

  static async start(path: string, manner: Manner, size: number): Promise<Writer> {
    const writer = new Writer(path, manner, size)
    await once(writer.#worker, 'message')
    return writer
  }

  async stop(): Promise<void> {
    Atomics.store(this.#stop, 0, 1)
    Atomics.notify(this.#stop, 0)
    await once(this.#worker, 'exit')
  }
}

const CODE = `
const fs = require('node:fs')
const { parentPort, workerData } = require('node:worker_threads')
const { path, manner, size, stop, quick } = workerData
const content = (n) => Buffer.alloc(size, 'version ' + String(n).padStart(12, '0') + ' ')
fs.writeFileSync(path, content(0))
parentPort.postMessage('begun')
for (let n = 1; Atomics.load(stop, 0) === 0; n++) {
  const begun = performance.now()
  if (manner === 'replace') {
    fs.writeFileSync(path + '.new', content(n))
    fs.renameSync(path + '.new', path)
  } else if (manner === 'rewrite') {
    const fd = fs.openSync(path, 'r+')
    fs.writeSync(fd, content(n), 0, size, 0)
    fs.closeSync(fd)
  } else if (manner === 'truncate') fs.writeFileSync(path, content(n))
  else fs.appendFileSync(path, 'one more line\\n')
  // Reading it twice takes a thread of the pool longer.
  if (performance.now() - begun < 0.15) quick[n] = 1
  // At times a reader gets through between two changes, at times it does not.
  Atomics.wait(stop, 0, 0, n % 5 === 0 ? 40 : n % 3)
}
`
