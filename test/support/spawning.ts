import { closeSync, openSync, readdirSync } from 'node:fs'
import { type Exit, SpawnFailed, type SpawnOptions, spawnMethod, spawnProcess } from '../../src/io/spawn/spawn.ts'

/*
 * A program that starts programs, for tests that need a process of their own: with few descriptors, or with some that
 * it inherited. Prints what it found as JSON.
 */

interface Told {
  readonly text: string
  readonly exit: Exit
}

async function run(script: string, stdin: SpawnOptions['stdin'] = 'null'): Promise<Told> {
  const options: SpawnOptions = { file: '/bin/sh', args: ['sh', '-c', script], env: ['PATH=/usr/bin:/bin'], stdin }
  return new Promise((resolve, reject) => {
    let text = ''
    let exit: Exit | undefined
    let ended = false
    const settle = (): void => {
      if (exit !== undefined && ended) resolve({ text, exit })
    }
    Promise.resolve(
      spawnProcess(options, {
        output: (bytes) => {
          text += bytes.toString()
        },
        errorOutput: (bytes) => {
          text += bytes.toString()
        },
        outputEnded: () => {
          ended = true
          settle()
        },
        inputDrained() {},
        inputClosed() {},
        exited: (how) => {
          exit = how
          settle()
        },
      }),
    ).then((spawned) => spawned.stdin?.end(), reject)
  })
}

const awake = setInterval(() => {}, 1000)
const { name } = await spawnMethod()
const scenario = process.argv[2]
if (scenario === 'descriptors') {
  process.stdout.write(JSON.stringify({ name, ...(await run('ls /proc/$$/fd')) }))
} else {
  // The first start of all opens what stays open.
  await run('exit 0', 'pipe')
  const before = readdirSync('/proc/self/fd').length
  const taken: number[] = []
  const codes: string[] = []
  const left: number[] = []
  for (;;) {
    try {
      taken.push(openSync('/dev/null', 'r'))
    } catch {
      break
    }
  }
  while (taken.length > 0) {
    const descriptor = taken.pop()
    if (descriptor !== undefined) closeSync(descriptor)
    const found = await run('exit 7', 'pipe').then(
      ({ exit }) => String(exit.code),
      (error: unknown) => (error instanceof SpawnFailed ? error.code : String(error)),
    )
    codes.push(found)
    await new Promise((resolve) => setTimeout(resolve, 5))
    left.push(readdirSync('/proc/self/fd').length + 1 - taken.length - before)
    if (codes.length > 20) break
  }
  process.stdout.write(JSON.stringify({ name, codes, left }))
}
clearInterval(awake)
