import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { LastWords } from './last-words.ts'
import { Output } from './output.ts'

const SOON = { timeout: 20_000 }

class Heard {
  readonly lines: string[] = []
  readonly silent: string[] = []
  dropped = 0
  readonly stream = new PassThrough()
  readonly output = new Output(this.stream, {
    line: (text) => this.lines.push(text),
    silent: (text) => this.silent.push(text),
    dropped: (bytes) => {
      this.dropped += bytes
    },
  })

  async all(...pieces: (string | Buffer)[]): Promise<this> {
    for (const piece of pieces) this.stream.write(piece)
    this.stream.end()
    await this.output.ended
    return this
  }
}

const euro = Buffer.from('€')
const CASES: readonly [what: string, pieces: readonly (string | Buffer)[], lines: readonly string[]][] = [
  ['lines', ['one\ntwo\r\nthree'], ['one', 'two', 'three']],
  ['lines in pieces', ['o', 'ne\nt', 'wo', '\n'], ['one', 'two']],
  ['what a terminal would obey', ['a\tb\x1b[2J\x9b\u009b\r\n'], ['a\tb\\x1b[2J\\x9b\\x9b']],
  ['empty lines', ['\n\n \n'], []],
  ['a character in pieces', [euro.subarray(0, 1), euro.subarray(1)], ['€']],
  ['bytes that are no text', [Buffer.from([0xe4, 10])], ['ä']],
  ['a line that is too long', [`${'a'.repeat(4096)}bc\nd`], ['a'.repeat(4096), 'bc', 'd']],
]
for (const [what, pieces, lines] of CASES) {
  test(`an output is told by lines: ${what}`, SOON, async () => {
    const heard = await new Heard().all(...pieces)
    assert.deepEqual([heard.lines, heard.dropped], [lines, 0])
  })
}

test('what is too much in a second is counted, and its last lines are heard silently', SOON, async () => {
  const line = `${'y'.repeat(99)}\n`
  const heard = await new Heard().all(...Array.from({ length: 100 }, () => line.repeat(1000)), 'the end\n')
  assert.equal(heard.lines.length, 2000)
  assert.equal(heard.silent.at(-1), 'the end')
  // Some of their ends fall between: a newline is not counted with its line.
  const all = 100 * 1000 * 100 + 'the end'.length
  assert.ok(heard.dropped > all - 2000 * 100 - 100 * 100 && heard.dropped <= all - 2000 * 99, `${heard.dropped}`)
})

test('a process that is heard again in the next second may write again', SOON, async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const heard = new Heard()
  heard.stream.write('a\n'.repeat(2500))
  while (heard.lines.length < 2000) await new Promise(setImmediate)
  assert.equal(heard.dropped, 0)
  t.mock.timers.tick(1000)
  assert.equal(heard.dropped, 500)
  await heard.all('b\n')
  assert.equal(heard.lines.at(-1), 'b')
})

test('last words are the last twenty lines, and 4 KiB', () => {
  const words = new LastWords()
  for (let i = 0; i < 100; i++) words.push(`${i}`)
  assert.deepEqual(
    words.lines,
    Array.from({ length: 20 }, (_, i) => `${80 + i}`),
  )
  words.push('x'.repeat(4000))
  words.push('y'.repeat(97))
  assert.deepEqual(
    words.lines.map(({ length }) => length),
    [97],
  )
})
