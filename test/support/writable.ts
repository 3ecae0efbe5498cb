import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { FilesOptions } from '../../src/resource/files/options.ts'
import { type Asking, ask, type Got } from './client.ts'
import { type EngineUnderTest, startEngine } from './engine.ts'

/** A folder that can be written, behind the engine. */
export interface Writable {
  readonly under: EngineUnderTest
  readonly url: string
  ask(method: string, path: string, asking?: Asking): Promise<Got>
  put(path: string, body: string | Uint8Array, headers?: Readonly<Record<string, string>>): Promise<Got>
}

/** Serves a folder that can be written, until the test ends. */
export async function writable(
  t: TestContext,
  root: string,
  options: Omit<FilesOptions, 'root'> = {},
  bodyLimit: number = 2 ** 26,
): Promise<Writable> {
  const routes = [{ match: '/*', files: { root, write: true, ...options } }]
  const under = await startEngine(t, { routes, bodyLimit })
  const url = `http://127.0.0.1:${under.port}`
  const asked: Writable['ask'] = (method, path, asking) => ask(url, path, { ...asking, method })
  return {
    under,
    url,
    ask: asked,
    put: (path, body, headers) => asked('PUT', path, { body, ...(headers && { headers }) }),
  }
}

/** All that lies below a folder, hidden files too, links not followed: nothing may be left behind. */
export function everythingIn(folder: string, below: string = ''): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true })
    .flatMap((entry) => {
      const name = below === '' ? entry.name : `${below}/${entry.name}`
      return entry.isDirectory() ? [name, ...everythingIn(folder, name)] : [name]
    })
    .sort()
}

/** Files in the making below a folder. */
export function inTheMaking(folder: string): string[] {
  return everythingIn(folder)
    .filter((name) => name.includes('.oriel-upload-'))
    .map((name) => join(folder, name))
}
