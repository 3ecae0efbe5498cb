import type { ChildProcess, SpawnOptions as NodeOptions } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { devNull } from 'node:os'
import type { Exit, SpawnEvents, Spawned, SpawnedInput, Spawner, SpawnOptions } from './contract.ts'
import { checkTexts, firstBytes, SpawnFailed } from './failed.ts'
import { StreamInput } from './input.ts'
import { killGroup } from './kill-group.ts'

const WINDOWS = process.platform === 'win32'

/** Starts programs by node:child_process: everywhere, but by fork(2), and with sockets for pipes. */
export class PlainSpawner implements Spawner {
  #spawn: typeof import('node:child_process').spawn

  constructor() {
    this.#spawn = process.getBuiltinModule('node:child_process').spawn
  }

  spawn(options: SpawnOptions, events: SpawnEvents): Promise<Spawned> | Spawned {
    checkTexts(options)
    if (!WINDOWS) {
      if (!isKnownFormat(options.file)) throw new SpawnFailed('ENOEXEC', options)
      if (!areFree(DESCRIPTORS)) throw new SpawnFailed('EMFILE', options)
    }
    const child = this.#start(options)
    // Whatever the type says, without descriptors there are no streams.
    if (child.pid !== undefined) return new PlainProcess(child, child.pid, events)
    return new Promise((_resolve, reject) => {
      child.on('error', (error: NodeJS.ErrnoException) => reject(new SpawnFailed(error.code ?? 'UNKNOWN', options)))
    })
  }

  #start({ file, args, env, cwd, stdin, ...rest }: SpawnOptions): ChildProcess {
    const input = stdin === 'null' ? 'ignore' : stdin
    const nodeOptions: NodeOptions = {
      argv0: args[0] ?? file,
      env: environmentOf(env),
      detached: !WINDOWS,
      windowsHide: true,
      stdio: [input, 'pipe', 'pipe'],
      ...(cwd === undefined ? {} : { cwd }),
    }
    try {
      return this.#spawn(file, args.slice(1), nodeOptions)
    } catch (error) {
      const { code = 'UNKNOWN' } = error as NodeJS.ErrnoException
      throw new SpawnFailed(code, { file, args, env, stdin, ...rest, ...(cwd === undefined ? {} : { cwd }) })
    }
  }
}

class PlainProcess implements Spawned {
  readonly pid: number
  readonly stdin: SpawnedInput | undefined
  exited: Exit | undefined
  #child: ChildProcess
  #events: SpawnEvents
  #outputOpen = true
  #paused = false

  constructor(child: ChildProcess, pid: number, events: SpawnEvents) {
    this.pid = pid
    this.#child = child
    this.#events = events
    this.stdin = child.stdin === null ? undefined : new StreamInput(child.stdin, events)
    // Taken by `read`, since Node resumes streams itself when the program has ended.
    child.stdout?.on('readable', () => this.#take())
    child.stdout?.on('end', () => this.#outputEnded())
    child.stderr?.on('data', (bytes: Buffer) => events.errorOutput(bytes))
    // A stream that breaks has ended, which is all that matters; a signal that fails is told by `kill`.
    child.stdout?.on('error', () => this.#outputEnded())
    for (const emitter of [child.stderr, child]) emitter?.on('error', () => {})
    // Not at once: a start for each end, from here, would leave Node no turn for others.
    child.on('exit', (code, signal) => setImmediate(() => this.#ended({ code, signal })))
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#take()
  }

  kill(signal: NodeJS.Signals): void {
    if (WINDOWS) this.#child.kill(signal)
    else if (this.exited === undefined || this.#outputOpen) killGroup(this.pid, signal)
  }

  close(): void {
    this.#outputOpen = false
    this.#child.stdout?.destroy()
    this.#child.stderr?.removeAllListeners('data').destroy()
    this.#child.stdin?.destroy()
  }

  #take(): void {
    while (this.#outputOpen && !this.#paused) {
      const bytes = this.#child.stdout?.read() as Buffer | null | undefined
      if (bytes === null || bytes === undefined) return
      this.#events.output(bytes)
    }
  }

  #ended(exit: Exit): void {
    this.exited = exit
    this.#events.exited(exit)
  }

  #outputEnded(): void {
    if (!this.#outputOpen) return
    this.#outputOpen = false
    this.#events.outputEnded()
  }
}

/** Node writes UTF-8 only: bytes that are none become U+FFFD. */
function environmentOf(env: readonly string[]): NodeJS.ProcessEnv {
  const variables: NodeJS.ProcessEnv = {}
  for (const bytes of env) {
    const text = Buffer.from(bytes, 'latin1').toString()
    const equals = text.indexOf('=', 1)
    if (equals !== -1) variables[text.slice(0, equals)] = text.slice(equals + 1)
  }
  return variables
}

/** What a start takes for a moment: both ends of three pipes, and of one that tells how it went. */
const DESCRIPTORS = 8

/** Node loses the pipes for good where a start finds too few descriptors halfway (seen in Node 20 to 26). */
function areFree(count: number): boolean {
  const opened: number[] = []
  try {
    while (opened.length < count) opened.push(openSync(devNull, 'r'))
    return true
  } catch {
    return false
  } finally {
    for (const descriptor of opened) closeSync(descriptor)
  }
}

/** The beginnings of ELF, Mach-O in its kinds, and scripts. */
const FORMATS = ['7f454c46', 'feedface', 'feedfacf', 'cefaedfe', 'cffaedfe', 'cafebabe', 'bebafeca']

/** libuv's execvp would hand what the system cannot execute to a shell, as if it were a script for it. */
function isKnownFormat(file: string): boolean {
  const head = firstBytes(file, 4).toString('hex')
  return head === '' || head.startsWith('2321') || FORMATS.includes(head)
}
