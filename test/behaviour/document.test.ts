import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Site } from '../../src/site/site.ts'
import { makeFolder } from '../support/folder.ts'
import { readmeBlock } from '../support/readme.ts'
import { linesOf, plain, type Question, type Seen, type Transport } from '../support/transports.ts'
import { behaviour, type Cannot } from './suite.ts'

const PACKAGE = join(import.meta.dirname, '../../..')

/** What is used of the document's code. */
interface Queue {
  answer(
    site: Site,
    message: { method: string; target: string; fields: readonly string[]; body: Uint8Array | null },
  ): Promise<{ status: number; fields: readonly string[]; body: Uint8Array[]; broken: boolean } | undefined>
}

/** The code as somebody would have it who copies it: compiled against the package, strictly. @throws Error with what the compiler says. */
async function written(): Promise<Queue> {
  const folder = makeFolder({
    'package.json': '{"type":"module"}',
    'queue.ts': readmeBlock('Write another', 0, {}, 'docs/requesters.md'),
  })
  mkdirSync(join(folder, 'node_modules/@types'), { recursive: true })
  symlinkSync(PACKAGE, join(folder, 'node_modules/oriel'))
  for (const name of ['@types/node', 'undici-types']) {
    symlinkSync(join(PACKAGE, 'node_modules', name), join(folder, 'node_modules', name))
  }
  const compilerOptions = { strict: true, module: 'nodenext', target: 'es2023', types: ['node'], skipLibCheck: true }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['queue.ts'] }))
  const compiler = join(PACKAGE, 'node_modules/.bin/tsc')
  const { status, stdout } = spawnSync(compiler, ['-p', folder], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`docs/requesters.md: ${stdout}`)
  return (await import(pathToFileURL(join(folder, 'queue.js')).href)) as Queue
}

function transport({ answer }: Queue, site: Site): Transport {
  return {
    async ask({ method = 'GET', path, headers = {}, body }: Question): Promise<Seen> {
      const fields = Object.entries({ Host: 'a', ...headers }).flatMap(([name, value]) =>
        [value].flat().flatMap((one) => [name, one]),
      )
      const bytes = body === undefined ? null : Buffer.from(body)
      const reply = await answer(site, { method, target: path, fields, body: bytes })
      // Where the site leaves a request, this host has nothing else.
      if (reply === undefined) return { status: 404, headers: {}, body: Buffer.from(''), trailers: {} }
      const lines = linesOf(reply.fields)
      const found: Record<string, string> = {}
      for (const [sent, value] of lines) {
        const name = sent.toLowerCase()
        found[name] = name in found ? `${found[name]}${name === 'set-cookie' ? ',' : ', '}${value}` : value
      }
      const { status, broken } = reply
      return { status, headers: plain(found), lines, body: Buffer.concat(reply.body), trailers: {}, broken }
    },
    async close() {},
  }
}

const WHOLE = 'requests and answers are handed over as a whole'
const CANNOT: Cannot = {
  'trailers that are wanted': 'the host has no place for them',
  'an informational answer': 'the host has no place for it',
  'streams both ways at once': WHOLE,
  'a client that goes before its answer': WHOLE,
  'a client that goes within its request': WHOLE,
  'a client that goes within its answer': WHOLE,
}

behaviour(
  'the requester of docs/requesters.md',
  async (site) => ({ transport: transport(await written(), site), close: async () => {} }),
  CANNOT,
)
