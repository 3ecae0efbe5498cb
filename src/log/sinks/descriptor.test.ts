import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

const POSIX = { timeout: 60_000, skip: process.platform === 'win32' }
const OPEN = new URL('./open.js', import.meta.url).href

/** Runs a program that writes lines to standard output. */
function run(code: string, command: readonly string[] = []) {
  const [program = process.execPath, ...args] = command
  const script = `const { openSink, flushSinks } = await import(${JSON.stringify(OPEN)})
    const sink = openSink('stdout', '.', (...told) => process.stderr.write(JSON.stringify(told) + '\\n'))
    ${code}`
  return spawnSync(program, [...args, '--input-type=module', '-e', script], { encoding: 'utf8', maxBuffer: 2 ** 24 })
}

test('a pipe that is read slowly gets every line, whole and in order', POSIX, () => {
  const { stdout, status } = run(`
    for (let i = 0; i < 20000; i++) sink.write(i + ' ' + 'x'.repeat(50))
    process.on('exit', () => process.exitCode = sink.dropped)`)
  assert.equal(status, 0)
  const expected = Array.from({ length: 20000 }, (_, i) => `${i} ${'x'.repeat(50)}`)
  assert.deepEqual(stdout.trimEnd().split('\n'), expected)
})

test('a process that ends at once, or by an error, leaves its lines', POSIX, () => {
  for (const end of ['process.exit(0)', 'throw new Error("x")']) {
    const { stdout } = run(`sink.write('one'); sink.write('two'); ${end}`)
    assert.equal(stdout, 'one\ntwo\n')
  }
})

test('a pipe whose reader has gone stops nothing, and is told of', POSIX, () => {
  const code = `
    for (let i = 0; i < 10; i++) sink.write('x')
    await flushSinks()
    process.stderr.write('goes on')`
  const script = `const { openSink, flushSinks } = await import(${JSON.stringify(OPEN)})
    const sink = openSink('stdout', '.', (...told) => process.stderr.write(JSON.stringify(told) + '\\n'))
    await new Promise((resolve) => setTimeout(resolve, 200))
    ${code}`
  const { stderr } = spawnSync('sh', ['-c', '"$0" --input-type=module -e "$1" | true', process.execPath, script], {
    encoding: 'utf8',
  })
  assert.match(stderr, /EPIPE/)
  assert.match(stderr, /goes on$/)
})
