/** How a process ended: its code, or the signal that ended it. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** An application could not be started, or did not answer in time. The message says what to do. */
export class ApplicationFailed extends Error {
  override readonly name = 'ApplicationFailed'
  readonly application: string
  /** How its process ended, where one was started and did. */
  readonly exit: Exit | undefined
  /** The last lines that it wrote. */
  readonly lastWords: readonly string[]

  constructor(
    application: string,
    what: string,
    { exit, lastWords = [] }: { readonly exit?: Exit; readonly lastWords?: readonly string[] } = {},
  ) {
    const said = lastWords.length === 0 ? '' : `; its last words:\n${lastWords.map((line) => `  ${line}`).join('\n')}`
    super(`${application}: ${what}${said}`)
    this.application = application
    this.exit = exit
    this.lastWords = lastWords
  }
}

/** As in `ended with exit code 1`. */
export function endOf({ code, signal }: Exit): string {
  return signal === null ? `exit code ${code}` : signal
}
