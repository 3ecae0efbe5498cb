import { closeSync, openSync, readdirSync } from 'node:fs'
import { SpawnFailed, type SpawnOptions, spawnMethod, spawnProcess } from '../../src/io/spawn/spawn.ts'

/*
 * A program that starts programs, for tests that need a process of their own: with few descriptors, or with some that
 * it inherited. Prints what it found as JSON: how it starts them, and what a shell printed, or how each start ended and
 * how many descriptors more than before were open then.
 */

/** Runs a script to the end of it and of its output, which it returns. */
async function run(script: string): Promise<string> {
  const options: SpawnOptions = { file: '/bin/sh', args: ['sh', '-c', script], env: ['PATH=/bin'], stdin: 'pipe' }
  let text = ''
  let left = 2
  let settle: () => void = () => {}
  const done = new Promise<void>((resolve) => {
    settle = () => {
      if (--left === 0) resolve()
    }
  })
  const spawned = await spawnProcess(options, {
    output: (bytes) => {
      text += bytes.toString()
    },
    errorOutput() {},
    outputEnded: () => settle(),
    inputDrained() {},
    inputClosed() {},
    exited: () => settle(),
  })
  spawned.stdin?.end()
  await done
  return text
}

function opened(): number {
  return readdirSync('/proc/self/fd').length
}

/** Starts one with no descriptor free, then one with one free, and so on. */
async function fewer(): Promise<(readonly [outcome: string, more: number])[]> {
  const before = opened()
  const taken: number[] = []
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'))
  } catch {
    // None is free now.
  }
  const found: (readonly [string, number])[] = []
  for (let free = 1; free < 16; free++) {
    closeSync(taken.pop() ?? -1)
    const outcome = await run('echo ran').catch((error: unknown) =>
      error instanceof SpawnFailed ? error.code : String(error),
    )
    for (let tries = 0; tries < 100 && opened() > before + taken.length; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    found.push([outcome.trim(), opened() - before - taken.length])
  }
  return found
}

const awake = setInterval(() => {}, 1000)
await run('exit 0')
const { name } = await spawnMethod()
const found = process.argv[2] === 'fewer' ? await fewer() : await run(process.argv[2] ?? '')
process.stdout.write(JSON.stringify({ name, found }))
clearInterval(awake)
