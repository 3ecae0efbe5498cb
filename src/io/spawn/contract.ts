/** How a program is started. Names and paths are ordinary texts (UTF-8 for the system); the environment is bytes. */
export interface SpawnOptions {
  /** The absolute path of the program. */
  readonly file: string
  /** All of argv: the first is the name by which the program knows itself. */
  readonly args: readonly string[]
  /** `NAME=value`, each character one byte (latin1), as requests bring them; nothing is added to these. */
  readonly env: readonly string[]
  /** The folder in which it runs; that of this process where there is none. */
  readonly cwd?: string
  /** `null` for an empty input, or an open descriptor: read from where it stands, and the caller's to close after the start. */
  readonly stdin: 'null' | 'pipe' | number
}

/** How a program ended: its code, or the signal that ended it; both null where the system lost it. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** The standard input of a program. */
export interface SpawnedInput {
  /** Keeps the bytes until the program takes them; false says to wait for `inputDrained`. */
  write(bytes: Uint8Array): boolean
  /** Nothing more comes: the program reads to the end. */
  end(): void
  /** Drops what was not taken. */
  destroy(): void
}

/**
 * A program that was started. It leads a process group of its own, and a session where there is a terminal. Its end is complete when `outputEnded`
 * and `exited` were both told, in whatever order; who wants no more before calls `close`, and always once at the end,
 * since something that it left in the background may keep its error output open for ever.
 */
export interface Spawned {
  readonly pid: number
  /** Where `stdin` is `pipe`. */
  readonly stdin: SpawnedInput | undefined
  readonly exited: Exit | undefined
  /** Stops reading the output: the program waits when the pipe is full. */
  pause(): void
  resume(): void
  /** Signals the whole process group, also after `exited` while the output is open; else nothing is there to signal. */
  kill(signal: NodeJS.Signals): void
  /** Closes all pipes: of its input and output nothing more is told. The program runs on; `exited` is told. */
  close(): void
}

/** What is told of a running program, never before the caller has its `Spawned`. */
export interface SpawnEvents {
  /** Standard output; the bytes are good during the call only. */
  output(bytes: Buffer): void
  /** Standard error; the bytes are good during the call only. */
  errorOutput(bytes: Buffer): void
  /** Nobody can write to the standard output any more. */
  outputEnded(): void
  /** All that was written to its input is taken, after a `write` that said false. */
  inputDrained(): void
  /** Its input takes nothing more: it was ended and taken, or the program closed it. */
  inputClosed(): void
  exited(exit: Exit): void
}

/** A way to start programs. */
export interface Spawner {
  spawn(options: SpawnOptions, events: SpawnEvents): Promise<Spawned> | Spawned
}
