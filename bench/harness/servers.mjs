// Starting and stopping the process of a candidate, on the server's core unless another one is named.
import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { serverCore } from './cores.mjs'
import { Failure } from './failure.mjs'
import { family } from './processes.mjs'
import { findTool } from './tools.mjs'

const running = new Set()

// SIGTERM is enough for all of them, and lets nginx end its worker.
process.on('exit', () => {
  for (const child of running) child.kill('SIGTERM')
})

async function stop(child, died) {
  if (!running.has(child)) return
  child.kill('SIGTERM')
  const stopped = await Promise.race([died, sleep(5000, false, { ref: false })])
  if (stopped === false) {
    for (const pid of family(child.pid).reverse()) process.kill(pid, 'SIGKILL')
    await died
  }
}

// `stdout` is a file to append to; without one it is thrown away.
export function startServer(command, args, { env = {}, cwd, stdout, core = serverCore } = {}) {
  const out = stdout ? openSync(stdout, 'a') : 'ignore'
  const child = spawn(findTool('taskset'), ['-c', String(core), command, ...args], {
    cwd,
    env: { ...process.env, NODE_ENV: 'production', ...env },
    stdio: ['ignore', out, 'pipe'],
  })
  if (stdout) closeSync(out)
  running.add(child)
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said = (said + text).slice(-2000)
  })
  const died = new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)))
  const gone = died.then((why) => {
    running.delete(child)
    const lines = said.trim().split('\n')
    const complaint = lines.find((line) => /error|emerg/i.test(line)) ?? lines.at(-1)
    return new Failure(`its process ended (${why})${complaint ? `: ${complaint.trim()}` : ''}`)
  })
  return { pid: child.pid, gone, stop: () => stop(child, died) }
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

function connects(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

export async function untilListening(port, server) {
  let ended
  server.gone.then((failure) => {
    ended = failure
  })
  for (const start = Date.now(); Date.now() - start < 10_000; await sleep(20)) {
    if (ended) throw ended
    if (await connects(port)) return
  }
  throw new Failure('it did not listen within 10 seconds')
}
