import type { Exit, SpawnEvents, Spawned } from '../../io/spawn/spawn.ts'
import { spawnProcess } from '../../io/spawn/spawn.ts'
import { HttpError } from '../../message/errors.ts'
import { badAnswer, type Call, type CallEvents, GatewayFault, type Open, type Wire } from '../call.ts'
import { unwatch, type Watched, watch } from '../clock.ts'
import { type Cap, type Permit, type PermitWaiter, permits } from '../permits.ts'
import { Ending, endsAlone, endsWithUs } from './ending.ts'
import { close, inputKind, reopened } from './input.ts'
import { startError } from './start-error.ts'

/** What is to be run for a request. */
export interface Command {
  /** The absolute path of the program. */
  readonly file: string
  /** All of argv. Nothing of a query is ever in it (RFC 3875 §4.4 would allow that; php-cgi shows what comes of it). */
  readonly args: readonly string[]
  readonly cwd: string
}

export interface ProcessOptions {
  /** What the log names it by. */
  readonly name: string
  readonly cap: Cap
  /** How long it may run in all, in milliseconds; 0 for ever. */
  readonly total: number
}

/** The first output is held for so long, in milliseconds: most programs end then, and their answer leaves as a whole. */
const HELD_FOR = 5
const HELD_BYTES = 16384
/** A program that has closed its output mostly has ended; how long it is waited for, to know how. In milliseconds. */
const EXIT_AWAITED = 100
/** Something in the background may hold the output of a program that has ended. What it wrote is read for so long. */
const DRAINED_FOR = 200

/** A process for each call (RFC 3875): the content on its input, its output the answer. */
export function processOf(command: Command, options: ProcessOptions): Open {
  return (call, events) => new ProcessCall(command, options, call, events)
}

class ProcessCall implements Wire, SpawnEvents, PermitWaiter, Watched {
  watchedAt = -1
  readonly fed: boolean
  readonly #command: Command
  readonly #options: ProcessOptions
  readonly #call: Call
  readonly #events: CallEvents
  readonly #since = performance.now()
  readonly #permit: Permit
  #spawned: Spawned | undefined = undefined
  /** Whether nothing is told any more. */
  #over = false
  #aborted = false
  #ending: Ending | undefined = undefined
  #outputOpen = true
  #paused = false
  /** Written before the program was there. */
  #early: Uint8Array[] = []
  #inputEnded = false
  /** The first output, not told yet; undefined once it was. */
  #held: Buffer[] | undefined = []
  #heldBytes = 0
  #holding: NodeJS.Timeout | undefined = undefined
  #closing: NodeJS.Timeout | undefined = undefined

  constructor(command: Command, options: ProcessOptions, call: Call, events: CallEvents) {
    this.#command = command
    this.#options = options
    this.#call = call
    this.#events = events
    this.fed = inputKind(call.content) !== 'pipe'
    this.#permit = permits().take(options.cap, this)
    if (this.#permit.state === 'granted') this.#start()
    else if (this.#permit.state === 'refused') queueMicrotask(() => this.permitted(false))
  }

  permitted(granted: boolean): void {
    if (this.#over) return
    if (granted) {
      this.#events.begun?.()
      return this.#start()
    }
    const cause = new GatewayFault(`${this.#options.name}: too many processes, and too many requests that wait for one`)
    this.#fail(new HttpError(503, { code: 'cgi.queue', headers: { 'Retry-After': '1' }, cause }))
  }

  get process(): number | undefined {
    return this.#spawned?.pid
  }

  get waiting(): boolean {
    return this.#permit.state === 'waiting'
  }

  write(bytes: Uint8Array): boolean {
    if (this.#spawned !== undefined) return this.#spawned.stdin?.write(bytes) ?? true
    // What arrives is the reader's again at the next pull.
    this.#early.push(Buffer.from(bytes))
    return false
  }

  endInput(): void {
    this.#inputEnded = true
    this.#spawned?.stdin?.end()
  }

  pause(): void {
    this.#paused = true
    clearTimeout(this.#closing)
    this.#spawned?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#spawned?.resume()
    if (this.#spawned?.exited !== undefined && this.#outputOpen) this.#closeIn(DRAINED_FOR)
  }

  abort(): void {
    if (this.#over) return
    this.#over = true
    this.#aborted = true
    this.#clear()
    if (this.#spawned !== undefined) this.#endGroup(this.#spawned)
    else if (this.#permit.state === 'waiting') this.#permit.give()
  }

  output(bytes: Buffer): void {
    if (this.#over) return
    if (this.#held === undefined) return this.#events.output(bytes)
    if (this.#heldBytes + bytes.byteLength > HELD_BYTES) {
      this.#tellHeld()
      return this.#events.output(bytes)
    }
    this.#held.push(Buffer.from(bytes))
    this.#heldBytes += bytes.byteLength
    this.#holding ??= setTimeout(() => this.#tellHeld(), HELD_FOR)
  }

  errorOutput(bytes: Buffer): void {
    if (!this.#aborted) this.#events.errorOutput(bytes)
  }

  outputEnded(): void {
    this.#outputOpen = false
    if (this.#over) return
    if (this.#spawned?.exited === undefined) this.#closeIn(EXIT_AWAITED)
    else this.#completeSoon()
  }

  inputDrained(): void {
    if (!this.#over) this.#events.drained()
  }

  inputClosed(): void {
    if (!this.#over) this.#events.inputClosed()
  }

  /** It has run for a while. Most end before, and are not worth a message. */
  tick(): void {
    unwatch(this)
    if (this.#spawned !== undefined) this.#permit.runs(this.#spawned.pid)
  }

  exited(): void {
    if (this.#ending !== undefined) return this.#ending.look()
    if (this.#over) this.#leave()
    else if (!this.#outputOpen) this.#completeSoon()
    else if (!this.#paused) this.#closeIn(DRAINED_FOR)
  }

  #start(): void {
    const { file, args, cwd } = this.#command
    const { content, variables } = this.#call
    const kind = inputKind(content)
    let descriptor: number | undefined
    try {
      if (kind === 'file') descriptor = reopened(content?.file ?? -1)
      const options = { file, args, cwd, env: environment(variables), stdin: descriptor ?? (kind as 'null' | 'pipe') }
      const started = spawnProcess(options, this)
      if (!(started instanceof Promise)) {
        close(descriptor)
        return this.#started(started)
      }
      const taken = descriptor
      started.then(
        (spawned) => {
          close(taken)
          this.#started(spawned)
        },
        (error) => {
          close(taken)
          this.#fail(startError(error, file, this.#call.request))
        },
      )
    } catch (error) {
      close(descriptor)
      queueMicrotask(() => this.#fail(startError(error, file, this.#call.request)))
    }
  }

  #started(spawned: Spawned): void {
    this.#spawned = spawned
    watch(this)
    if (this.#aborted) return this.#endGroup(spawned)
    endsWithUs(spawned)
    if (this.#paused) spawned.pause()
    let taken = true
    for (const piece of this.#early) taken = spawned.stdin?.write(piece) ?? true
    if (this.#inputEnded) spawned.stdin?.end()
    else if (this.#early.length > 0 && taken) this.#events.drained()
    this.#early = []
  }

  /** It was not started. */
  #fail(error: HttpError): void {
    this.#permit.give()
    if (this.#over) return
    this.#over = true
    this.#events.ended({ error })
  }

  #tellHeld(): void {
    const held = this.#held
    if (held === undefined) return
    clearTimeout(this.#holding)
    this.#held = undefined
    if (held.length > 0) this.#events.output(held.length === 1 ? (held[0] as Buffer) : Buffer.concat(held))
  }

  /** When what else came in this turn was read too: the last words on the error output. */
  #completeSoon(): void {
    clearTimeout(this.#closing)
    setImmediate(() => this.#complete())
  }

  #closeIn(milliseconds: number): void {
    clearTimeout(this.#closing)
    this.#closing = setTimeout(() => this.#complete(), milliseconds)
  }

  /** The answer is over; the program perhaps not. */
  #complete(): void {
    const spawned = this.#spawned
    if (this.#over || spawned === undefined) return
    this.#tellHeld()
    // Told of what was held, whoever listens may have given up.
    if (this.#over) return
    this.#over = true
    this.#clear()
    const { exited } = spawned
    endsAlone(spawned)
    if (exited !== undefined) this.#leave()
    else this.#linger(spawned)
    this.#tellEnd(exited)
  }

  #tellEnd(exit: Exit | undefined): void {
    if (exit === undefined) return this.#events.ended({})
    const { code, signal } = exit
    if (signal === null) return this.#events.ended({ said: { exitCode: code } })
    const error = badAnswer(`${this.#options.name}: it was ended by ${signal}`)
    this.#events.ended({ error, said: { signal } })
  }

  /** A program that has answered may go on with what it does, for as long as any. */
  #linger(spawned: Spawned): void {
    const { total } = this.#options
    if (total === 0) return
    const left = Math.max(0, total - (performance.now() - this.#since))
    this.#closing = setTimeout(() => this.#endGroup(spawned), left).unref()
  }

  #endGroup(spawned: Spawned): void {
    endsAlone(spawned)
    this.#ending = new Ending(spawned, () => this.#leave())
  }

  /** Nothing of it is left but what it may have put in the background. */
  #leave(): void {
    this.#clear()
    unwatch(this)
    this.#spawned?.close()
    this.#permit.give()
  }

  #clear(): void {
    clearTimeout(this.#holding)
    clearTimeout(this.#closing)
  }
}

function environment(variables: readonly string[]): string[] {
  const list: string[] = []
  for (let i = 0; i < variables.length; i += 2) list.push(`${variables[i]}=${variables[i + 1]}`)
  return list
}
