import { fetchHandler } from '../../src/fetch.ts'
import { behaviourSite } from './site.ts'

/*
 * The site of the suite, served by the Fetch runtime that runs this file (Deno, Bun), at PORT. Its files are in ROOT.
 */

interface Runtimes {
  readonly Deno?: { serve(options: object, handler: unknown): unknown }
  readonly Bun?: { serve(options: object): unknown }
}

const { Deno, Bun } = globalThis as Runtimes
const { PORT, ROOT = '' } = process.env
const at = { port: Number(PORT), hostname: '127.0.0.1' }
const handler = fetchHandler(behaviourSite(ROOT))
if (Deno !== undefined) Deno.serve(at, handler)
else if (Bun !== undefined) Bun.serve({ ...at, fetch: handler })
