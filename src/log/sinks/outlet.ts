import type { Batch } from './batch.ts'
import type { RotateOptions } from './place.ts'

/** A place that takes lines: what stands behind a queue. It is asked one thing at a time. */
export interface Outlet {
  /**
   * Puts lines where they belong. Rejected where that cannot be done now: the same batch is given again later. What was
   * taken of it meanwhile is the outlet's to know. Its bytes are others' once this is fulfilled.
   * @throws Undeliverable where it never will be.
   */
  send(batch: Batch): Promise<void>
  /** Opens the place anew. @throws what it fails with; then the old one is still there. */
  reopen?(): Promise<void>
  /** At the end of a process that waits for nothing: lines that were not sent, at once, as many as the place takes. */
  last?(batches: readonly Batch[]): void
  /** Rotates by other rules from now on, where it is a file. */
  become?(rotate: RotateOptions | undefined): void
  close(): Promise<void>
}

/** Lines that a place refuses for good. */
export class Undeliverable extends Error {
  override readonly name: string = 'Undeliverable'
  /** How many of a batch, where the others were taken. */
  readonly lines: number | undefined

  constructor(message: string, { lines, cause }: { readonly lines?: number; readonly cause?: unknown } = {}) {
    super(message, { cause })
    this.lines = lines
  }
}

/** A place that says when it is to be asked again. */
export class NotNow extends Error {
  override readonly name: string = 'NotNow'
  /** In milliseconds. */
  readonly pause: number

  constructor(message: string, pause: number) {
    super(message)
    this.pause = pause
  }
}
