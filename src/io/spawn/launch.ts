import { openSync, readdirSync, readFileSync } from 'node:fs'
import type { SpawnOptions } from './contract.ts'
import { checkTexts, nameOfError, SpawnFailed } from './failed.ts'
import * as C from './libc.ts'
import { Strings } from './strings.ts'

/** The same for all programs: a process group of its own, no signal ignored or blocked, the empty input. */
export class Attributes {
  readonly bytes: Buffer = C.memory(C.SIZE_OF_ATTRIBUTES)
  readonly empty: number = openSync('/dev/null', 'r')

  constructor(libc: C.Libc) {
    const all = C.memory(C.SIZE_OF_SIGSET)
    const none = C.memory(C.SIZE_OF_SIGSET)
    libc.sigfillset(all)
    libc.sigemptyset(none)
    libc.posix_spawnattr_init(this.bytes)
    libc.posix_spawnattr_setsigdefault(this.bytes, all)
    libc.posix_spawnattr_setsigmask(this.bytes, none)
    const flags = C.POSIX_SPAWN_SETSIGDEF | C.POSIX_SPAWN_SETSIGMASK | groupFlag()
    libc.posix_spawnattr_setflags(this.bytes, flags)
    if (libc.posix_spawn_file_actions_addclosefrom_np === undefined) closeOnExec(libc)
  }
}

/**
 * Away from the terminal, where there is one: what runs in its session may type there. Else only a group: Linux gives each
 * session the same share of the processor (sched(7), autogroup), and many programs at once would leave the server none.
 */
function groupFlag(): number {
  return hasTerminal() ? C.POSIX_SPAWN_SETSID : C.POSIX_SPAWN_SETPGROUP
}

/** Whether this process has a controlling terminal: tty_nr of proc_pid_stat(5), behind the name in brackets. */
function hasTerminal(): boolean {
  try {
    const [, , , , terminal] = readFileSync('/proc/self/stat', 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')
    return terminal !== '0'
  } catch {
    return true
  }
}

/**
 * Where the library cannot close what a program should not have: what is open now is marked to be closed. Node and
 * Oriel open nothing without that mark; a native module might, later.
 */
function closeOnExec(libc: C.Libc): void {
  for (const name of readdirSync('/proc/self/fd'))
    if (Number(name) > 2) libc.fcntl(Number(name), C.F_SETFD, C.FD_CLOEXEC)
}

/** One start: what the C library reads and writes meanwhile, and the pipes. It is used again for the next. */
export class Launch {
  /** Our ends of the pipes; -1 where there is none. */
  input = -1
  output = -1
  errors = -1
  spawnArguments: C.SpawnArguments
  #libc: C.Libc
  #attributes: Attributes
  #strings: Strings
  #actions: Buffer = C.memory(C.SIZE_OF_ACTIONS)
  #pid: Buffer = C.memory(4)
  #ends: Buffer = C.memory(8)
  /** The ends of the program. */
  #theirs: number[] = []

  constructor(libc: C.Libc, attributes: Attributes) {
    this.#libc = libc
    this.#attributes = attributes
    this.#strings = new Strings(libc.addressOf)
    this.spawnArguments = this.#arguments('')
  }

  get pid(): number {
    return this.#pid.readInt32LE(0)
  }

  /** Opens the pipes and writes down what is to be done; throws SpawnFailed, with nothing left open. */
  prepare(options: SpawnOptions): void {
    checkTexts(options)
    const libc = this.#libc
    const actions = this.#actions
    this.input = this.output = this.errors = -1
    const { stdin, cwd } = options
    let input = stdin === 'null' ? this.#attributes.empty : -1
    if (typeof stdin === 'number') input = stdin
    if (stdin === 'pipe') {
      input = this.#pipe(options, 0)
      this.input = this.#ends.readInt32LE(4)
    }
    const output = this.#pipe(options, 4)
    this.output = this.#readable()
    const errors = this.#pipe(options, 4)
    this.errors = this.#readable()
    this.#strings.set(options)
    libc.posix_spawn_file_actions_init(actions)
    libc.posix_spawn_file_actions_adddup2(actions, input, 0)
    libc.posix_spawn_file_actions_adddup2(actions, output, 1)
    libc.posix_spawn_file_actions_adddup2(actions, errors, 2)
    libc.posix_spawn_file_actions_addclosefrom_np?.(actions, 3)
    if (cwd !== undefined) libc.posix_spawn_file_actions_addchdir_np(actions, cwd)
    this.spawnArguments = this.#arguments(options.file)
  }

  /** Takes the answer of posix_spawn: nothing of it stays open but our ends of a program that runs. */
  finish(result: number, options: SpawnOptions): void {
    this.#libc.posix_spawn_file_actions_destroy(this.#actions)
    this.#closeTheirs()
    if (result !== 0) {
      this.#closeOurs()
      throw new SpawnFailed(nameOfError(result), options)
    }
  }

  #arguments(file: string): C.SpawnArguments {
    return [this.#pid, file, this.#actions, this.#attributes.bytes, this.#strings.argv, this.#strings.envp]
  }

  /** Opens a pipe and returns the end of the program, which stands in `#ends` at `theirs`; ours is the other. */
  #pipe(options: SpawnOptions, theirs: 0 | 4): number {
    if (this.#libc.pipe2(this.#ends, C.O_CLOEXEC) !== 0) {
      this.#closeTheirs()
      this.#closeOurs()
      throw new SpawnFailed('EMFILE', options)
    }
    const end = this.#ends.readInt32LE(theirs)
    this.#theirs.push(end)
    return end
  }

  /** Our end of a pipe for output, which never waits; that of the program does. */
  #readable(): number {
    const end = this.#ends.readInt32LE(0)
    this.#libc.fcntl(end, C.F_SETFL, C.O_NONBLOCK)
    return end
  }

  #closeTheirs(): void {
    for (const end of this.#theirs) this.#libc.close(end)
    this.#theirs.length = 0
  }

  #closeOurs(): void {
    for (const end of [this.input, this.output, this.errors]) if (end !== -1) this.#libc.close(end)
  }
}
