import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { type TestContext, test } from 'node:test'
import { bothSites } from '../support/published-site.ts'

const LIMIT = { timeout: 120_000 }
const MIB = 1024 ** 2
const SIZE = 100 * MIB
/** What a process may grow by, in bytes: a part of what goes through it. */
const GROWTH = 60 * MIB

/** Memory of a process at its highest since it began. */
function peak(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}

/** Sends so many bytes to an object, and counts those that come back. */
async function through(url: string, size: number): Promise<number> {
  const sent = request(url, { method: 'POST', agent: false })
  const answer = new Promise<number>((resolve, reject) => {
    sent.on('error', reject)
    sent.on('response', (got) => {
      let bytes = 0
      got.on('data', (piece: Buffer) => {
        bytes += piece.byteLength
      })
      got.on('end', () => resolve(bytes))
      got.on('error', reject)
    })
  })
  const piece = Buffer.alloc(MIB / 4, 'z')
  for (let at = 0; at < size; at += piece.byteLength) {
    if (!sent.write(piece)) await new Promise((resolve) => sent.once('drain', resolve))
  }
  sent.end()
  return answer
}

test(
  '100 MiB both ways at once through an object of another process: memory stays flat on both sides',
  LIMIT,
  async (t: TestContext) => {
    if (process.platform !== 'linux') return t.skip('the memory of a process is read from /proc')
    const { outside, program } = await bothSites(t)
    assert.equal(await through(`${outside}/echo`, 8 * MIB), 8 * MIB)
    const before = [peak(process.pid), peak(program.child.pid)]
    assert.equal(await through(`${outside}/echo`, SIZE), SIZE)
    const [here = 0, there = 0] = [peak(process.pid), peak(program.child.pid)]
    assert.ok(here - (before[0] ?? 0) < GROWTH, `the site grew by ${(here - (before[0] ?? 0)) / MIB} MiB`)
    assert.ok(there - (before[1] ?? 0) < GROWTH, `the program grew by ${(there - (before[1] ?? 0)) / MIB} MiB`)
  },
)
