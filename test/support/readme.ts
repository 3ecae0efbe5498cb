import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../../..')

/**
 * What the README of the example `fastcgi-app`, or another page, says that is written into the configuration of a web
 * server.
 * @param heading Of its part. @param which Of the blocks in that part, from 0.
 * @param changes What stands there, and what stands there instead, as the address of the application.
 */
export function readmeBlock(
  heading: string,
  which: number,
  changes: Readonly<Record<string, string>>,
  page: string = 'examples/fastcgi-app/README.md',
): string {
  const part = readFileSync(join(ROOT, page), 'utf8').split(`\n## ${heading}\n`)[1]?.split('\n## ')[0]
  const blocks = part?.split(/^```.*\n/m).filter((_, i) => i % 2 === 1)
  let block = blocks?.[which]
  assert.ok(block !== undefined, `block ${which} of ${heading}`)
  for (const [there, instead] of Object.entries(changes)) block = block.replaceAll(there, instead)
  return block
}
