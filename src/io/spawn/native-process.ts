import { Socket } from 'node:net'
import type { Child, Children } from './children.ts'
import type { Exit, SpawnEvents, Spawned, SpawnedInput } from './contract.ts'
import { StreamInput } from './input.ts'
import { killGroup } from './kill-group.ts'
import type { Launch } from './launch.ts'
import type { Libc } from './libc.ts'
import { OutputPipe } from './output-pipe.ts'

/** A program that runs, started by posix_spawn. */
export class NativeProcess implements Spawned, Child {
  readonly pid: number
  readonly stdin: SpawnedInput | undefined
  exited: Exit | undefined
  #events: SpawnEvents
  #children: Children
  #output: OutputPipe
  #errors: OutputPipe
  /** Until the system is told to forget it, its number stands for it and its group, and for nobody else. */
  #known = true

  constructor(libc: Libc, launch: Launch, events: SpawnEvents, children: Children) {
    this.pid = launch.pid
    this.#events = events
    this.#children = children
    this.#output = new OutputPipe(libc, launch.output, (bytes) => {
      if (bytes === undefined) this.#outputEnded()
      else events.output(bytes)
    })
    this.#errors = new OutputPipe(libc, launch.errors, (bytes) => {
      if (bytes !== undefined) events.errorOutput(bytes)
    })
    if (launch.input === -1) this.stdin = undefined
    else this.stdin = new StreamInput(new Socket({ fd: launch.input, readable: false, writable: true }), events)
    children.add(this)
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
    const wasOpen = this.#output.open
    this.#output.close()
    this.#errors.close()
    this.stdin?.destroy()
    this.#children.settled(this)
    if (wasOpen) this.#forget()
  }

  grownUp(): void {
    this.#output.attach()
    this.#errors.attach()
  }

  /** What it said comes before its end; what is still open then belongs to others. */
  childEnded(): void {
    if (this.exited !== undefined) return
    const exit = this.#children.exitOf(this.pid, true)
    if (exit === undefined) return
    this.exited = exit
    this.#children.ended(this)
    this.readRest()
    if (!this.#output.open) this.#forget()
    this.#events.exited(exit)
  }

  readRest(): void {
    this.#errors.drain()
    this.#output.drain()
    if (!this.#errors.open && !this.#output.open) this.#children.settled(this)
    else if (!this.#children.linger(this)) this.grownUp()
  }

  #outputEnded(): void {
    this.#forget()
    this.#events.outputEnded()
  }

  /** The output tells nothing more: from here on the end of the process is the end of all. */
  #forget(): void {
    if (this.exited === undefined || !this.#known) return
    this.#known = false
    this.#children.exitOf(this.pid, false)
  }
}
