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

/** Changes a file on another thread until it is told to stop. */
export class Writer {
  readonly #worker: Worker
  readonly #stop = new Int32Array(new SharedArrayBuffer(4))

  private constructor(path: string, manner: Manner, size: number) {
    this.#worker = new Worker(CODE, { eval: true, workerData: { path, manner, size, stop: this.#stop } })
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
const { path, manner, size, stop } = workerData
const content = (n) => Buffer.alloc(size, 'version ' + String(n).padStart(12, '0') + ' ')
fs.writeFileSync(path, content(0))
parentPort.postMessage('begun')
for (let n = 1; Atomics.load(stop, 0) === 0; n++) {
  if (manner === 'replace') {
    fs.writeFileSync(path + '.new', content(n))
    fs.renameSync(path + '.new', path)
  } else if (manner === 'rewrite') {
    const fd = fs.openSync(path, 'r+')
    fs.writeSync(fd, content(n), 0, size, 0)
    fs.closeSync(fd)
  } else if (manner === 'truncate') fs.writeFileSync(path, content(n))
  else fs.appendFileSync(path, 'one more line\\n')
  // At times a reader gets through between two changes, at times it does not.
  Atomics.wait(stop, 0, 0, n % 5 === 0 ? 40 : n % 3)
}
`
