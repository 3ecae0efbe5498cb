import assert from 'node:assert/strict'
import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Status } from '../../src/cli/status.ts'
import type { ApplicationStatus } from '../../src/process/specification.ts'
import type { OrielProcess } from './command.ts'
import { Load } from './load.ts'
import { end, Production, until } from './production.ts'

export const PROGRAM: string = join(import.meta.dirname, 'supervised-program.js')

export const LINUX = {
  timeout: 60_000,
  skip: process.platform === 'linux' ? false : 'processes are looked at in /proc',
}
export const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

/** The keys of an application that does so, for a config. @param options More keys, in JavaScript. */
export function app(behaviours: string = '', options: string = ''): string {
  return `app: { command: ${JSON.stringify(`${process.execPath} ${PROGRAM} ${behaviours}`)}, ${options} }`
}

/** A config that serves such an application at every path, and text at /alive. */
export function routes(application: string, more: string = ''): string {
  return `listen: [{ port: 0, host: '127.0.0.1' }], ${more}
    routes: [{ match: '/alive', resource: () => new Response('alive') }, { match: '/*', ${application} }],`
}

/** A site with an application; nothing of it may be left when the test ends. */
export class SupervisedSite extends Production {
  readonly #folders = new Set<string>()
  readonly #t: TestContext

  constructor(t: TestContext, config: string) {
    super(t, config)
    this.#t = t
    // Workers of another user read the config.
    chmodSync(this.folder, 0o755)
    // Where a test fails its server is killed before, and the keeper needs a moment.
    t.after(async () => {
      for (const folder of this.#folders) for (const pid of marked(folder)) end(pid, 'SIGKILL')
    })
  }

  /** Load on a server of this site that ends with the test. */
  load(url: string): Load {
    const load = new Load(Number(new URL(url).port))
    this.#t.after(() => load.stop())
    return load
  }

  async status(): Promise<Status> {
    const { code, stdout, stderr } = await this.run('status', '--json')
    assert.equal(code, 0, stderr)
    return JSON.parse(stdout) as Status
  }

  /** The first application, as `oriel status` tells of it. */
  async application(): Promise<ApplicationStatus> {
    const [application] = (await this.status()).applications
    assert.ok(application)
    return application
  }

  /** Waits until so many of its processes serve, and no other one is there. */
  async serving(count: number): Promise<number[]> {
    let found: number[] = []
    await until(async () => {
      const { processes } = await this.application()
      found = processes.map(({ pid }) => pid)
      return found.length === count && processes.every(({ state }) => state === 'serving')
    })
    return found
  }

  /** The private folder in which the sockets are, by what a process tells. */
  async privateFolder(url: string): Promise<string> {
    const folder = dirname(dirname(await text(url, '/socket')))
    this.#folders.add(folder)
    return folder
  }

  /** Stops the server, and waits until nothing of its applications is left. */
  async stopped(oriel: OrielProcess, folder: string): Promise<void> {
    oriel.signal('SIGTERM')
    const { code } = await oriel.ended
    assert.equal(code, 0)
    assert.deepEqual([marked(folder), existsSync(folder)], [[], false])
  }
}

/** The processes of a supervisor, by its private folder: what was started by it, and its keeper. */
export function marked(folder: string): number[] {
  const token = basename(folder)
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      return (
        pid !== process.pid && (read(pid, 'environ').includes(`=${token}.`) || read(pid, 'cmdline').includes(folder))
      )
    })
}

/** Waits until nothing of a supervisor is left. */
export function cleared(folder: string): Promise<void> {
  return until(() => marked(folder).length === 0 && !existsSync(folder))
}

/** What an answer of status 200 says. */
export async function text(url: string, path: string = '/', init: RequestInit = {}): Promise<string> {
  const answer = await fetch(new URL(path, url), init)
  const said = await answer.text()
  assert.equal(answer.status, 200, said)
  return said.replaceAll('.', '') === '' ? said : said.replace(/\.+$/, '')
}

function read(pid: number, file: 'environ' | 'cmdline'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1')
  } catch {
    return ''
  }
}

/** A site that is served by `oriel serve`, with its first address. */
export interface Served {
  readonly site: SupervisedSite
  readonly oriel: OrielProcess
  readonly url: string
}

/** Serves an application. @param more Further keys of the config. */
export async function serving(t: TestContext, application: string, more: string = ''): Promise<Served> {
  const site = new SupervisedSite(t, routes(application, more))
  const oriel = site.serve()
  return { site, oriel, url: await oriel.url() }
}
