import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { SpawnFailed } from '../io/spawn/failed.ts'
import type { Report } from '../message/exchange.ts'
import { type Started, startOf } from './command.ts'
import { type Ended, endAll, within } from './ending.ts'
import { ApplicationFailed, type Exit, endOf } from './failed.ts'
import type { Keeper } from './keeper.ts'
import { LastWords } from './last-words.ts'
import { letIn, lockOut } from './let-in.ts'
import { Output } from './output.ts'
import { outputPipes } from './output-pipe.ts'
import { Readiness } from './ready.ts'
import { removeTree } from './remove-tree.ts'
import type { ApplicationSpec, Ids } from './specification.ts'
import type { Who } from './who.ts'

/** Milliseconds in which what a process wrote is read, when it has ended: others may hold its output open for ever. */
const LAST_WORDS = 500

/** Where a process is put, and who is told of it. */
export interface Seat {
  /** Of all processes of the supervisor, for their marks. */
  readonly token: string
  /** The private folder of the supervisor, and in it that of the process. */
  readonly base: string
  readonly folder: string
  readonly who: Who
  /** Who else must be able to connect. */
  readonly owner: Ids | undefined
  readonly keeper: Keeper
  readonly report: Report
}

/** One process of an application, from its start to when nothing of it is left. */
export class ApplicationProcess implements Ended {
  readonly id: number
  readonly since: number = Date.now()
  readonly mark: string
  readonly uid: number
  state: 'starting' | 'serving' | 'leaving' = 'starting'
  /** Another one is being started in its place. */
  replaced = false
  /** How many requests it has served. */
  requests = 0
  /** Looks in a row at which it took no connections. */
  deaf = 0
  /** Fulfilled when it takes connections. Rejected by ApplicationFailed where it does not, and is to be ended then. */
  readonly ready: Promise<void>
  readonly exited: Promise<Exit>
  readonly #spec: ApplicationSpec
  readonly #seat: Seat
  readonly #child: ChildProcess
  readonly #began: number = performance.now()
  readonly #words = new LastWords()
  readonly #outputs: readonly Output[]
  #exit: Exit | undefined
  #ending: Promise<void> | undefined
  /** The name by which its socket is known to who connects; its own at first. */
  #path: string

  /** @throws Error where it cannot be started, with what to do. */
  constructor(spec: ApplicationSpec, id: number, seat: Seat) {
    this.id = id
    this.#spec = spec
    this.#seat = seat
    this.mark = `${seat.token}.${id}`
    this.uid = seat.who.uid
    this.#path = this.#socket
    const { child, stdout, stderr } = this.#start()
    this.#child = child
    if (child.pid !== undefined) seat.keeper.add(child.pid)
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#exit = { code, signal }
        resolve(this.#exit)
      })
    })
    this.#outputs = [this.#listen(stdout, 'info'), this.#listen(stderr, 'warn')]
    this.ready = this.#answers()
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  /** Where who is let in connects. */
  get path(): string {
    return this.#path
  }

  get #socket(): string {
    return join(this.#seat.folder, 's')
  }

  get hasExited(): boolean {
    return this.#exit !== undefined
  }

  /** Milliseconds since its start. */
  get lived(): number {
    return performance.now() - this.#began
  }

  /** What to tell of it, with its last words: those that it wrote just before it ended may still be on their way. */
  async failed(what: string): Promise<ApplicationFailed> {
    if (this.hasExited) await within(LAST_WORDS, Promise.all(this.#outputs.map(({ ended }) => ended)))
    for (const output of this.#outputs) output.flush()
    const exit = this.#exit
    return new ApplicationFailed(this.#spec.name, what, { ...(exit && { exit }), lastWords: this.#words.lines })
  }

  /** Ends it with all that it started, gently at first. Fulfilled when nothing of it is left. */
  end(grace: number = this.#spec.timeouts.stop): Promise<void> {
    this.state = 'leaving'
    this.#ending ??= this.#end(grace)
    return this.#ending
  }

  async #end(grace: number): Promise<void> {
    const { keeper, report, folder } = this.#seat
    const left = this.pid === -1 ? [] : await endAll(this, grace)
    for (const output of this.#outputs) output.end()
    lockOut(this.#socket)
    removeTree(folder)
    if (left.length === 0) return keeper.remove(this.pid)
    report('error', 'Processes of an application could not be ended.', { application: this.#spec.name, left })
  }

  #start(): ReturnType<typeof start> {
    try {
      return start(startOf(this.#spec, this.#seat.who, this.#socket, this.mark), this.#spec.cwd, this.#seat)
    } catch (error) {
      removeTree(this.#seat.folder)
      throw error
    }
  }

  async #answers(): Promise<void> {
    const { name, timeouts } = this.#spec
    const { who, owner } = this.#seat
    const what = await firstOf(timeouts.start, this.#socket, this.#child)
    if (what === 'ready') {
      const { uid, gid } = owner ?? own()
      if (own().uid === 0 && uid !== who.uid) this.#path = letIn(this.#socket, who, { uid, gid })
      // It may have been told to end meanwhile.
      if (this.state === 'starting') this.state = 'serving'
    } else if (what instanceof Error) {
      throw new ApplicationFailed(name, notStarted(what, this.#child.spawnfile, this.#spec.cwd).message)
    } else if (what === 'late') {
      throw await this.failed(
        `it did not listen on its socket, ${this.#socket}, within ${timeouts.start} ms (timeouts.start): its command must use $SOCKET`,
      )
    } else {
      throw await this.failed(`it ended with ${endOf(await this.exited)} before it listened on its socket`)
    }
  }

  #listen(stream: Readable, level: 'info' | 'warn'): Output {
    const { name } = this.#spec
    const fields = { application: name, process: this.pid }
    return new Output(stream, {
      line: (text) => {
        this.#words.push(text)
        this.#seat.report(level, text, fields)
      },
      silent: (text) => this.#words.push(text),
      dropped: (bytes) => this.#seat.report('warn', 'A process wrote more than is shown.', { ...fields, bytes }),
    })
  }
}

function own(): Ids {
  return { uid: process.getuid?.() ?? -1, gid: process.getgid?.() ?? -1 }
}

/** In a session of its own: away from the terminal, and a group that is ended as one. */
function start(
  { file, args, env, become }: Started,
  cwd: string,
  { base, who }: Seat,
): { readonly child: ChildProcess; readonly stdout: Readable; readonly stderr: Readable } {
  const [stdout, stderr] = outputPipes(base, who)
  try {
    const stdio: StdioOptions = ['ignore', stdout.descriptor, stderr.descriptor]
    const child = spawn(file, args, { cwd, env, ...become, detached: true, stdio })
    return { child, stdout: stdout.stream, stderr: stderr.stream }
  } catch (error) {
    for (const { stream } of [stdout, stderr]) stream.destroy()
    // Node throws some errors of the system, and tells of others by an event.
    throw notStarted(error as NodeJS.ErrnoException, file, cwd)
  } finally {
    for (const { descriptor } of [stdout, stderr]) closeSync(descriptor)
  }
}

/** Why a program could not be started, with what to do where that is known. */
function notStarted(error: NodeJS.ErrnoException, file: string, cwd: string): Error {
  const { code, syscall = '' } = error
  if (code === undefined || !syscall.startsWith('spawn')) return error
  return new SpawnFailed(code, { file, args: [], env: [], cwd, stdin: 'null' })
}

/** What happens first: it takes connections, it ends, the time is over, or it could not be started at all. */
function firstOf(
  limit: number,
  path: string,
  child: ChildProcess,
): Promise<'ready' | 'ended' | 'late' | NodeJS.ErrnoException> {
  return new Promise((resolve) => {
    const settle = (what: 'ready' | 'ended' | 'late' | NodeJS.ErrnoException): void => {
      clearTimeout(late)
      readiness.stop()
      resolve(what)
    }
    const readiness = new Readiness(path, () => settle('ready'))
    const late = setTimeout(() => settle('late'), limit)
    child.once('exit', () => settle('ended'))
    child.on('error', settle)
  })
}
