import type { TestContext } from 'node:test'
import { Engine, type EngineOptions } from '../../src/door/engine.ts'
import type { ListenAddress } from '../../src/io/bound.ts'
import type { ExchangeRecord, Level } from '../../src/message/exchange.ts'
import type { Handler } from '../../src/message/interface.ts'
import type { ErrorPages } from '../../src/site/error-pages.ts'
import type { Route } from '../../src/site/route.ts'
import { Site } from '../../src/site/site.ts'
import { RawClient } from './raw-client.ts'

export interface Reported {
  readonly level: Level
  readonly event: string
  readonly fields: Readonly<Record<string, unknown>> | undefined
}

export interface EngineSetup extends EngineOptions {
  /** Routes, or one handler for all paths. */
  readonly routes?: readonly Route[]
  readonly handler?: Handler
  readonly bodyLimit?: number
  readonly errors?: ErrorPages
  readonly listen?: ListenAddress
}

/** An engine with what it told its loggers and its error log. */
export class EngineUnderTest {
  readonly engine: Engine
  readonly records: ExchangeRecord[] = []
  readonly reports: Reported[] = []
  #waiters: (() => void)[] = []

  constructor({ routes, handler, bodyLimit, errors, listen: _, ...options }: EngineSetup) {
    const site = new Site({
      routes: routes ?? [{ match: '/*', resource: handler }],
      log: [{ logRequest: (record) => this.#logged(record) }],
      report: (level, event, fields) => {
        this.reports.push({ level, event, fields })
        this.#wake()
      },
      ...(errors !== undefined && { errors }),
      ...(bodyLimit !== undefined && { limits: { body: bodyLimit } }),
    })
    this.engine = new Engine(site, options)
  }

  get port(): number {
    return Number(new URL(this.engine.urls[0] ?? '').port)
  }

  connect(): Promise<RawClient> {
    return RawClient.open({ port: this.port, host: '127.0.0.1' })
  }

  /** Waits until so many exchanges were told to the logger. */
  async logged(count: number): Promise<readonly ExchangeRecord[]> {
    while (this.records.length < count) await new Promise<void>((resolve) => this.#waiters.push(resolve))
    return this.records
  }

  /** Waits until something is reported whose sentence has these words in it. */
  async reported(words: string): Promise<Reported> {
    for (;;) {
      const found = this.reports.find(({ event }) => event.includes(words))
      if (found !== undefined) return found
      await new Promise<void>((resolve) => this.#waiters.push(resolve))
    }
  }

  #logged(record: ExchangeRecord): void {
    this.records.push(record)
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#waiters.splice(0)) wake()
  }
}

/** Starts an engine on loopback, and closes it after the test. */
export async function startEngine(t: TestContext, setup: EngineSetup): Promise<EngineUnderTest> {
  const under = new EngineUnderTest(setup)
  await under.engine.listen(setup.listen ?? { port: 0 })
  t.after(async () => {
    for (const client of clients.splice(0)) client.destroy()
    await under.engine.close()
  })
  const clients: RawClient[] = []
  const connect = under.connect.bind(under)
  under.connect = async () => {
    const client = await connect()
    clients.push(client)
    return client
  }
  return under
}
