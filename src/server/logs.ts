import { placesOf } from '../config/log-places.ts'
import type { Sink } from '../log/sink.ts'
import { keyOf, openSink } from '../log/sinks/open.ts'
import { loadOutlets } from '../log/sinks/outlets.ts'
import type { Place } from '../log/sinks/place.ts'
import type { HandedLines } from '../log/sinks/primary.ts'
import type { Report } from '../message/exchange.ts'
import type { Reading } from './reading.ts'

/** What a terminal acts on: a worker that somebody has taken over may say anything. */
const CONTROLS = /[\0-\x08\x0b-\x1f\x7f]/
const ALL_CONTROLS = new RegExp(CONTROLS, 'g')
/** Those that no config need name: the console's own. */
const CONSOLE: readonly Place[] = ['stdout', 'stderr']
/** What exchanges that end on the old site still say is written for so long after a reload, in milliseconds. */
const AFTERWARDS = 60_000

const UNKNOWN = 'the first process knows no such log: does the config name another one each time that it is read?'

/** Logs that were opened for a config, and are not used yet. */
export interface LogsChange {
  make(): void
  drop(): void
}

/** The logs that this process writes for its workers: those that its own reading of the config names, and no others. */
export class OwnLogs {
  readonly #report: Report
  #sinks = new Map<string, Sink>()
  readonly #leaving = new Map<string, Sink>()

  constructor(report: Report) {
    this.#report = report
  }

  /** Opens what a config names; what is open already stays. @throws Error that says which cannot be. */
  async prepare({ config, build: { base } }: Reading): Promise<LogsChange> {
    const places = placesOf(config)
    await loadOutlets(places)
    const next = new Map<string, Sink>()
    const drop = (): void => {
      for (const sink of next.values()) void sink.close()
    }
    const open = (to: Place, report: Report | undefined): void => {
      const key = keyOf(to, base)
      if (key !== undefined && !next.has(key)) next.set(key, openSink(to, base, report))
    }
    try {
      for (const to of places) open(to, this.#report)
      // Who reads the console no more wants to hear of nothing.
      for (const to of CONSOLE) open(to, undefined)
    } catch (error) {
      drop()
      throw error
    }
    return { make: () => this.#become(next), drop }
  }

  /** @returns Why the lines are not taken. */
  heard({ log, text }: HandedLines): string | undefined {
    const sink = this.#sinks.get(log) ?? this.#leaving.get(log)
    if (sink === undefined) return UNKNOWN
    const clean = CONTROLS.test(text) && log !== 'stdout' && log !== 'stderr' ? text.replace(ALL_CONTROLS, '?') : text
    for (const line of clean.split('\n')) sink.write(line)
    return undefined
  }

  async close(): Promise<void> {
    const all = [...this.#sinks.values(), ...this.#leaving.values()]
    this.#sinks.clear()
    this.#leaving.clear()
    await Promise.all(all.map((sink) => sink.close()))
  }

  #become(next: Map<string, Sink>): void {
    const old = this.#sinks
    this.#sinks = next
    for (const [key, sink] of old) {
      if (next.has(key)) {
        void sink.close()
        continue
      }
      void this.#leaving.get(key)?.close()
      this.#leaving.set(key, sink)
      setTimeout(() => this.#left(key, sink), AFTERWARDS).unref()
    }
  }

  #left(key: string, sink: Sink): void {
    if (this.#leaving.get(key) !== sink) return
    this.#leaving.delete(key)
    void sink.close()
  }
}
