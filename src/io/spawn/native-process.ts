import { Socket } from 'node:net'
import type { Child, Children } from './children.ts'
import type { Exit, SpawnEvents, Spawned, SpawnedInput } from './contract.ts'
import { StreamInput } from './input.ts'
import type { Launch } from './launch.ts'
import type { PipeReader, ReadPipe } from './pipe-reader.ts'

/** A program that runs, started by posix_spawn. */
export class NativeProcess implements Spawned, Child {
  readonly pid: number
  readonly stdin: SpawnedInput | undefined
  exited: Exit | undefined
  #events: SpawnEvents
  #children: Children
  #output: PipeReader
  #errors: PipeReader
  #outputOpen = true
  /** Until the system was told to forget it, its number stands for it and its group, and for nobody else. */
  #known = true

  constructor(launch: Launch, events: SpawnEvents, children: Children, read: ReadPipe) {
    this.pid = launch.pid
    this.#events = events
    this.#children = children
    children.add(this)
    this.#output = read(launch.output, (bytes) => {
      if (bytes === undefined) this.#outputEnded()
      else events.output(bytes)
    })
    this.#errors = read(launch.errors, (bytes) => {
      if (bytes !== undefined) events.errorOutput(bytes)
    })
    if (launch.input === -1) this.stdin = undefined
    else this.stdin = new StreamInput(new Socket({ fd: launch.input, readable: false, writable: true }), events)
  }

  pause(): void {
    this.#output.pause()
  }

  resume(): void {
    this.#output.resume()
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#known) killGroup(this.pid, signal)
  }

  close(): void {
    this.#output.close()
    this.#errors.close()
    this.stdin?.destroy()
    if (this.#outputOpen) this.#forget()
  }

  childEnded(): void {
    if (this.exited !== undefined) return
    const exit = this.#children.exitOf(this.pid, this.#outputOpen)
    if (exit === undefined) return
    this.exited = exit
    this.#known = this.#outputOpen
    this.#children.delete(this)
    this.#events.exited(exit)
  }

  #outputEnded(): void {
    this.#forget()
    this.#events.outputEnded()
  }

  /** The output tells nothing more: from here on the end of the process is the end of all. */
  #forget(): void {
    this.#outputOpen = false
    if (this.exited === undefined) this.childEnded()
    else if (this.#known) {
      this.#known = false
      this.#children.exitOf(this.pid, false)
    }
  }
}

/** Signals all processes of a group, if there are any. */
export function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    // Gone already (ESRCH), or it became another user's in the meantime (EPERM): neither is ours to end.
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}
