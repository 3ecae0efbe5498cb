import type { Report } from '../message/exchange.ts'
import type {
  ApplicationLoad,
  ApplicationSpec,
  ApplicationState,
  ApplicationStatus,
  Ids,
} from '../process/specification.ts'
import type { Change, Supervisor } from '../process/supervisor.ts'
import { applicationsFolder } from './private-folder.ts'

/** Milliseconds for which an application that is tried must live on after it has answered. */
const BEARS = 200

/** How often the supervisor is told how busy applications are, in milliseconds. */
export const LOADS = 250

/** Whoever runs the applications of a server. */
export interface Applications {
  /**
   * Prepares that these are run. At first they are started and nobody waits for them; later what is new has to answer.
   * @throws ApplicationFailed with its last words; then nothing has changed.
   */
  prepare(specs: readonly ApplicationSpec[]): Promise<Change>
  status(): Promise<readonly ApplicationStatus[]>
  close(): Promise<void>
}

export interface ApplicationsOptions {
  readonly report: Report
  /** Who calls them, where that is somebody else than this process. */
  readonly owner?: { readonly uid: number; readonly gid: number }
  /** Told of all that answer, whenever that changes. */
  readonly changed: (states: readonly ApplicationState[]) => void
}

const NOTHING: Change = { make: () => undefined, drop: () => Promise.resolve() }

/** The applications of a server whose primary this is. The supervisor is loaded by those who have some. */
export class OwnApplications implements Applications {
  readonly #options: ApplicationsOptions
  readonly #states = new Map<string, ApplicationState>()
  #supervisor: Supervisor | undefined
  #closed = false

  constructor(options: ApplicationsOptions) {
    this.#options = options
  }

  /** All that answer. */
  get states(): readonly ApplicationState[] {
    return [...this.#states.values()]
  }

  async prepare(specs: readonly ApplicationSpec[]): Promise<Change> {
    if (this.#supervisor !== undefined) return this.#supervisor.prepare(specs)
    if (specs.length === 0) return NOTHING
    const { Supervisor } = await import('../process/supervisor.ts')
    if (this.#closed) throw new Error('the server is stopping')
    const { report, owner } = this.#options
    const supervisor = new Supervisor({
      folder: applicationsFolder(),
      report,
      changed: (state) => this.#changed(state),
      ...(owner !== undefined && { owner }),
    })
    this.#supervisor = supervisor
    return { make: () => supervisor.start(specs), drop: () => Promise.resolve() }
  }

  /** How busy they are, by one of those who call them. @param from Its number. */
  heard(loads: readonly ApplicationLoad[], from: number): void {
    for (const load of loads) this.#supervisor?.heard(load, from)
  }

  /** One of those who call them has gone. */
  forget(from: number): void {
    this.#supervisor?.forget(from)
  }

  async status(): Promise<readonly ApplicationStatus[]> {
    return (await this.#supervisor?.status()) ?? []
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#supervisor?.close()
  }

  #changed(state: ApplicationState): void {
    this.#states.set(state.key, state)
    for (const key of this.#states.keys()) if (this.#supervisor?.has(key) === false) this.#states.delete(key)
    this.#options.changed(this.states)
  }
}

/** The applications of a server that is this process alone: it calls them too. */
export function localApplications(report: Report): Applications {
  const own = new OwnApplications({
    report,
    changed: (states) => {
      calls?.applicationsFound(states)
      told()
    },
  })
  const told = (): void => own.heard(calls?.applicationLoads() ?? [], 0)
  let calls: typeof import('../gateway/applications.ts') | undefined
  let telling: NodeJS.Timeout | undefined
  let closed = false
  return {
    prepare: async (specs) => {
      if (specs.length > 0) {
        calls ??= await import('../gateway/applications.ts')
        if (!closed) telling ??= setInterval(told, LOADS).unref()
      }
      return own.prepare(specs)
    },
    status: () => own.status(),
    close: async () => {
      closed = true
      await own.close()
      clearInterval(telling)
    },
  }
}

/** Those of a worker: its primary runs them. */
export const ELSEWHERE: Applications = {
  prepare: () => Promise.resolve(NOTHING),
  status: () => Promise.resolve([]),
  close: () => Promise.resolve(),
}

/**
 * Starts applications to see whether they answer, and ends them again.
 * @param owner Who the workers would be, and so those applications that name no user.
 * @throws ApplicationFailed with its last words.
 */
export async function tryApplications(
  specs: readonly ApplicationSpec[],
  report: Report,
  owner: Ids | undefined,
): Promise<void> {
  if (specs.length === 0) return
  const { Supervisor } = await import('../process/supervisor.ts')
  const supervisor = new Supervisor({
    folder: applicationsFolder(),
    report,
    changed: () => undefined,
    ...(owner !== undefined && { owner }),
  })
  try {
    await supervisor.prepare(specs)
    // Some do not bear that somebody connects and goes without a word.
    await new Promise((resolve) => setTimeout(resolve, BEARS))
    const died = (await supervisor.status()).find(({ restarts }) => restarts > 0)
    if (died !== undefined) {
      throw new Error(`${died.name} ended when somebody had connected to its socket and gone: ${died.failure}`)
    }
  } finally {
    await supervisor.close()
  }
}
