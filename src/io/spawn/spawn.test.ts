import assert from 'node:assert/strict'
import { spawn as nodeSpawn } from 'node:child_process'
import { chmodSync, closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { makeFolder } from '../../../test/support/folder.ts'
import { type Gate, gate } from '../../../test/support/gate.ts'
import { gone, statusOf, until } from '../../../test/support/production.ts'
import type { Exit, SpawnEvents, Spawned, Spawner, SpawnOptions } from './contract.ts'
import { SpawnFailed } from './failed.ts'
import { libcByKoffi } from './koffi.ts'
import { F_SETFD, type Libc } from './libc.ts'
import { NativeSpawner } from './native.ts'
import { libcByNode } from './node-ffi.ts'
import { PlainSpawner } from './plain.ts'

/** What a program told, as it tells it. */
class Listening implements SpawnEvents {
  readonly pieces: Buffer[] = []
  errors = ''
  inputOpen = true
  order: string[] = []
  drained: Gate<void> = gate()
  readonly ended: Gate<void> = gate()
  readonly gone: Gate<Exit> = gate()

  get text(): string {
    return Buffer.concat(this.pieces).toString('latin1')
  }

  output(bytes: Buffer): void {
    this.pieces.push(Buffer.from(bytes))
  }
  errorOutput(bytes: Buffer): void {
    this.errors += bytes.toString()
  }
  outputEnded(): void {
    this.order.push('ended')
    this.ended.open()
  }
  inputDrained(): void {
    this.drained.open()
    this.drained = gate()
  }
  inputClosed(): void {
    this.inputOpen = false
  }
  exited(exit: Exit): void {
    this.order.push('exited')
    this.gone.open(exit)
  }
}

const folder = makeFolder({
  'no-x': '#!/bin/sh\n',
  'no-format': 'echo run by a shell\n',
  'no-interpreter': '#!/no/such/interpreter\n',
  body: 'the body of a file',
})
for (const name of ['no-format', 'no-interpreter']) chmodSync(join(folder, name), 0o755)

const PATH = 'PATH=/usr/bin:/bin'

function shell(script: string, more: Partial<SpawnOptions> = {}): SpawnOptions {
  return { file: '/bin/sh', args: ['sh', '-c', script], env: [PATH], stdin: 'null', ...more }
}

interface Run {
  readonly child: Spawned
  readonly told: Listening
}

async function start(spawner: Spawner, options: SpawnOptions): Promise<Run> {
  const told = new Listening()
  return { child: await spawner.spawn(options, told), told }
}

/** Runs a program to its end. */
async function run(spawner: Spawner, options: SpawnOptions): Promise<{ text: string; errors: string; exit: Exit }> {
  const { told } = await start(spawner, options)
  await told.ended.passed
  return { text: told.text, exit: await told.gone.passed, errors: told.errors }
}

/** The children of this process, those too that ended and were not asked for. */
function children(): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/status`, 'utf8').includes(`\nPPid:\t${process.pid}\n`)
    } catch {
      return false
    }
  })
}

function descriptors(): number {
  return readdirSync('/proc/self/fd').length
}

const koffi = await libcByKoffi().catch(() => undefined)
const node = await Promise.resolve()
  .then(libcByNode)
  .catch(() => undefined)
const WAYS: readonly (readonly [name: string, libc: Libc | undefined, exact: boolean])[] = [
  ['koffi', koffi, true],
  ['koffi, on this thread', koffi && { ...koffi, spawnAside: undefined }, true],
  ['koffi, without closefrom', koffi && { ...koffi, posix_spawn_file_actions_addclosefrom_np: undefined }, true],
  ['node:ffi', node, true],
  ['plain', undefined, false],
]

for (const [name, libc, exact] of WAYS) {
  const missing = exact && libc === undefined && 'it is not there'
  describe(`a program started by ${name}`, {
    skip: (process.platform !== 'linux' && 'it needs /proc') || missing,
    timeout: 60_000,
  }, () => {
    let spawner: Spawner = new PlainSpawner()
    const works = (what: string, check: () => Promise<number | void>): void => {
      test(what, { timeout: 30_000 }, async ({ signal }) => {
        const awake = setInterval(() => {}, 1000)
        if (libc !== undefined && spawner instanceof PlainSpawner) spawner = await NativeSpawner.open(libc)
        await run(spawner, shell('exit 0'))
        await until(() => children().length === 0)
        const before = descriptors()
        try {
          const more = (await check()) ?? 0
          await until(() => children().length === 0 || signal.aborted)
          await until(() => descriptors() <= before + more || signal.aborted)
        } finally {
          clearInterval(awake)
        }
      })
    }

    works('gets its arguments, environment and folder, and nothing else of ours', async () => {
      const script = 'echo "$0|$1|$PWD"; /usr/bin/env'
      const options = shell(script, {
        args: ['ä', '-c', script, 'zéro', "q' $x\n"],
        env: [PATH, 'A=b=c', 'E='],
        cwd: folder,
      })
      const { text, errors } = await run(spawner, options)
      const utf8 = Buffer.from("zéro|q' $x\n", 'utf8').toString('latin1')
      const lines = text
        .slice(utf8.length)
        .split('\n')
        .filter((line) => !line.startsWith('_='))
      assert.equal(text.slice(0, utf8.length), utf8)
      assert.deepEqual(lines.sort(), ['', 'A=b=c', 'E=', PATH, `PWD=${folder}`, `|${folder}`].sort())
      assert.equal(errors, '')
    })

    works('gets the very bytes of its environment, where the way can', async () => {
      const bytes = '\xe9\xff \xc3\xa9\x01\n'
      const { text } = await run(spawner, shell('printf %s "$A"', { env: [PATH, `A=${bytes}`] }))
      assert.equal(text, exact ? bytes : Buffer.from('\ufffd\ufffd é\x01\n').toString('latin1'))
    })

    works('takes a thousand variables', async () => {
      const env = Array.from({ length: 1000 }, (_, i) => `NAME_${i}=${'v'.repeat(i)}`)
      const { text } = await run(spawner, { ...shell(''), file: '/usr/bin/env', args: ['env'], env })
      assert.deepEqual(text.trimEnd().split('\n'), env)
    })

    works('reads its input from a descriptor of ours, or finds it empty', async () => {
      const stdin = openSync(join(folder, 'body'), 'r')
      assert.equal((await run(spawner, shell('cat', { stdin }))).text, 'the body of a file')
      closeSync(stdin)
      assert.equal((await run(spawner, shell('cat; echo end'))).text, 'end\n')
    })

    works('gives back 3 MB that it reads from a pipe', async () => {
      const { child, told } = await start(spawner, shell('cat', { stdin: 'pipe' }))
      const piece = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251))
      let waits = 0
      for (let i = 0; i < 30; i++) {
        const { passed } = told.drained
        if (child.stdin?.write(piece) !== false) continue
        waits++
        await passed
      }
      child.stdin?.end()
      await told.ended.passed
      assert.ok(waits > 0)
      assert.ok(Buffer.concat(told.pieces).equals(Buffer.concat(Array.from({ length: 30 }, () => piece))))
      assert.deepEqual(await told.gone.passed, { code: 0, signal: null })
      await until(() => !told.inputOpen)
    })

    works('may close its input before it took all', async () => {
      const { child, told } = await start(
        spawner,
        shell('exec <&-; echo closed; read x </dev/null; exit 3', { stdin: 'pipe' }),
      )
      child.stdin?.write(Buffer.alloc(1_000_000))
      assert.deepEqual(await told.gone.passed, { code: 3, signal: null })
      await until(() => !told.inputOpen)
      child.stdin?.write(Buffer.alloc(10))
      child.stdin?.end()
      assert.equal(told.text, 'closed\n')
    })

    works('waits with 20 MB of output while nobody reads', async () => {
      const { child, told } = await start(spawner, shell('head -c 20000000 /dev/zero; echo done >&2'))
      await until(() => told.pieces.length > 0)
      child.pause()
      const size = told.pieces.length
      await run(spawner, shell('head -c 1000000 /dev/zero'))
      assert.ok(told.pieces.length <= size + 1, 'a stream may have one piece in hand')
      assert.equal(told.errors, '')
      child.resume()
      await told.ended.passed
      assert.equal(told.text.length, 20_000_000)
      await until(() => told.errors === 'done\n')
    })

    works('is not read while it pauses from the beginning, also when it has ended', async () => {
      const { child, told } = await start(spawner, shell('echo text'))
      child.pause()
      await told.gone.passed
      await run(spawner, shell('sleep 0.05'))
      assert.deepEqual([told.text, told.order], ['', ['exited']])
      child.resume()
      await told.ended.passed
      assert.equal(told.text, 'text\n')
    })

    works('leaves the loop its turns while others are started for those that ended', async () => {
      let more = true
      let left = 16
      const done = gate()
      const next = async (): Promise<void> => {
        const told = new Listening()
        told.exited = () => {
          if (more) void next()
          else if (--left === 0) done.open()
        }
        await spawner.spawn({ ...shell(''), file: '/bin/true', args: ['true'] }, told)
      }
      for (let i = 0; i < 16; i++) await next()
      setTimeout(() => {
        more = false
      }, 20)
      await done.passed
    })

    works('tells its code, or the signal that ended it, and its errors apart', async () => {
      const { text, errors, exit } = await run(spawner, shell('echo o; echo e >&2; exit 7'))
      assert.deepEqual([text, exit], ['o\n', { code: 7, signal: null }])
      await until(() => errors === 'e\n' || errors === '')
      assert.deepEqual((await run(spawner, shell('kill -USR1 $$'))).exit, { code: null, signal: 'SIGUSR1' })
    })

    works('is ended with all that it started', async () => {
      const { child, told } = await start(spawner, shell('sleep 1000 & echo $!; wait'))
      await until(() => told.text.endsWith('\n'))
      child.kill('SIGTERM')
      assert.deepEqual(await told.gone.passed, { code: null, signal: 'SIGTERM' })
      await told.ended.passed
      await gone(Number(told.text))
      child.kill('SIGKILL')
    })

    works('is told as ended while something in the background keeps its output open', async () => {
      const { child, told } = await start(spawner, shell('sleep 1000 & echo $!; exit 4'))
      assert.deepEqual(await told.gone.passed, { code: 4, signal: null })
      await until(() => told.text !== '')
      assert.deepEqual(told.order, ['exited'])
      // Its number cannot become somebody else's, who would get the signal.
      if (exact) assert.match(statusOf(child.pid) ?? '', /^State:\tZ/m)
      child.kill('SIGKILL')
      await told.ended.passed
      assert.deepEqual([told.order, child.exited], [['exited', 'ended'], { code: 4, signal: null }])
      await gone(Number(told.text))
    })

    works('is left alone, and what it left in the background, when its pipes are closed', async () => {
      const { child, told } = await start(spawner, shell('sleep 1000 & echo $!; read x; exit 5', { stdin: 'pipe' }))
      await until(() => told.text !== '')
      child.close()
      assert.deepEqual(await told.gone.passed, { code: 5, signal: null })
      child.kill('SIGKILL')
      assert.ok(statusOf(Number(told.text)), 'its group is not known any more, once it was asked for')
      assert.deepEqual(told.order, ['exited'])
      process.kill(Number(told.text), 'SIGKILL')
      child.close()
    })

    works('may close its output long before it ends', async () => {
      const { child, told } = await start(spawner, shell('exec >&-; read x; exit 6', { stdin: 'pipe' }))
      await told.ended.passed
      assert.equal(child.exited, undefined)
      child.stdin?.end()
      assert.deepEqual(await told.gone.passed, { code: 6, signal: null })
    })

    works('has a process group of its own, no signal ignored or blocked, no descriptor of ours', async () => {
      const cat = (path: string): SpawnOptions => ({ ...shell(''), file: '/bin/cat', args: ['cat', path] })
      const { text } = await run(spawner, cat('/proc/self/status'))
      assert.match(text, /^SigBlk:\t0{16}$/m)
      // 32 and 33 are the C library's own.
      assert.match(text, /^SigIgn:\t0{7}[01][08]0{7}$/m)
      const [pid, , , , group] = (await run(spawner, cat('/proc/self/stat'))).text.split(' ')
      assert.equal(group, pid)
      assert.equal((await run(spawner, shell('ls /proc/$$/fd'))).text, '0\n1\n2\n')
    })

    works('gets no descriptor that lost its mark', async () => {
      if (libc === undefined) return 0
      const unmarked = openSync('/dev/null', 'r')
      libc.fcntl(unmarked, F_SETFD, 0)
      const { text } = await run(await NativeSpawner.open(libc), shell('ls /proc/$$/fd'))
      assert.equal(text, '0\n1\n2\n')
      closeSync(unmarked)
      // The empty input of the second spawner.
      return 1
    })

    works('is a file, in a folder, that the system can execute', async () => {
      const file = (path: string, more: Partial<SpawnOptions> = {}): SpawnOptions => ({
        ...shell(''),
        file: path,
        ...more,
      })
      const cases: readonly (readonly [options: SpawnOptions, code: string, message: RegExp])[] = [
        [file('/no/such'), 'ENOENT', /^cannot start \/no\/such: there is no such file \(ENOENT\)$/],
        [file(join(folder, 'no-interpreter')), 'ENOENT', /interpreter in its first line, "#!\/no\/such/],
        [file(join(folder, 'body/x')), 'ENOTDIR', /not a folder/],
        [file(join(folder, 'no-x')), 'EACCES', /x bit/],
        [file(folder), 'EACCES', /x bit/],
        [file(join(folder, 'no-format')), 'ENOEXEC', /first line/],
        [
          shell('', { cwd: join(folder, 'absent') }),
          'ENOENT',
          /the folder .*absent, where it is to run, does not exist/,
        ],
        [shell('', { cwd: join(folder, 'body') }), 'ENOTDIR', /body, where it is to run, is not a folder/],
        [shell('', { args: ['sh', 'x'.repeat(3_000_000)] }), 'E2BIG', /longer than the system takes/],
        [shell('', { env: ['A=b\0C=d'] }), 'EINVAL', /NUL/],
        [shell('', { env: ['A=\u0100'] }), 'EINVAL', /no byte/],
        [shell('', { args: ['sh', '\0'] }), 'EINVAL', /NUL/],
      ]
      for (const [options, code, message] of cases) {
        for (const stdin of ['null', 'pipe'] as const) {
          const failing = async (): Promise<unknown> => spawner.spawn({ ...options, stdin }, new Listening())
          await assert.rejects(failing, (error) => {
            assert.ok(error instanceof SpawnFailed, String(error))
            assert.deepEqual([error.code, options.file], [code, options.file])
            assert.match(error.message, message)
            return true
          })
        }
      }
    })

    works('can be one of 300 at once, beside those of node:child_process', async () => {
      const codes = Array.from({ length: 300 }, (_, i) => i % 256)
      const others = codes.slice(0, 10).map(
        (code) =>
          new Promise((resolve) => {
            nodeSpawn('/bin/sh', ['-c', `exit ${code}`], { stdio: 'ignore' }).on('exit', resolve)
          }),
      )
      const ours = codes.map(async (code) => run(spawner, shell(`echo ${code}; exit ${code}`)))
      for (const [code, { text, exit }] of (await Promise.all(ours)).entries()) {
        assert.deepEqual([text, exit.code], [`${codes[code]}\n`, codes[code]])
      }
      assert.deepEqual(await Promise.all(others), codes.slice(0, 10))
    })
  })
}
