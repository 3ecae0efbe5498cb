import type { ApplicationStatus, ProcessStatus } from '../process/specification.ts'
import { controlPaths } from '../server/control.ts'
import { configPath } from './reading.ts'
import { asked } from './reload.ts'

/** What a server that runs says of itself. */
export interface Status {
  readonly process: number
  readonly state: 'serving' | 'retiring' | 'stopping'
  /** When it was started, in milliseconds since 1970. */
  readonly since: number
  readonly urls: readonly string[]
  readonly workers: readonly number[]
  readonly applications: readonly ApplicationStatus[]
}

/** `oriel status`: what the server of a config is doing. @throws ConfigError where none runs. */
export async function statusCommand({
  config,
  json,
}: {
  readonly config?: string
  readonly json?: true
}): Promise<number> {
  const path = configPath(config)
  const { ok, told } = await asked(controlPaths(path), path, { do: 'status' })
  if (!ok) process.stderr.write(`oriel: ${told}\n`)
  else process.stdout.write(json === true ? `${told}\n` : textOf(JSON.parse(told) as Status, Date.now()))
  return ok ? 0 : 1
}

/** For people. @param now In milliseconds since 1970. */
export function textOf({ process, state, since, urls, workers, applications }: Status, now: number): string {
  const lines = [
    `Process ${process}, ${state} for ${duration(now - since)}, at ${urls.join(' and ')}`,
    ...(workers.length > 0 ? [`Workers: ${workers.join(', ')}`] : []),
    ...applications.flatMap((application) => ['', ...linesOf(application, now)]),
  ]
  return `${lines.join('\n')}\n`
}

function linesOf({ name, state, waiting, restarts, failure, processes }: ApplicationStatus, now: number): string[] {
  const counts = [
    ...(waiting > 0 ? [`${waiting} requests wait`] : []),
    ...(restarts > 0 ? [`${restarts} ended unasked`] : []),
  ]
  const table = [HEAD, ...processes.map((one) => row(one, now))]
  const widths = HEAD.map((_, i) => Math.max(...table.map((cells) => (cells[i] ?? '').length)))
  const aligned = table.map((cells) => `  ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd())
  return [
    [`${name}: ${state}`, ...counts].join(', '),
    ...(processes.length > 0 ? aligned : []),
    ...(failure === undefined ? [] : failureLines(failure, state === 'running')),
  ]
}

/** @param serving Whether processes that were started before answer all the same. */
function failureLines(failure: string, serving: boolean): string[] {
  const lines = failure.split('\n').map((line) => `  ${line}`)
  return serving ? ['  The last start failed, and those that were started before go on:', ...lines] : lines
}

const HEAD = ['process', 'state', 'since', 'running', 'requests', 'memory']

function row({ pid, state, since, running, requests, memory }: ProcessStatus, now: number): string[] {
  const size = memory === undefined ? '' : `${Math.round(memory / 1024 ** 2)} MiB`
  return [String(pid), state, duration(now - since), String(running), String(requests), size]
}

/** The two largest units of a time: `3 h 12 min`. */
function duration(milliseconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ] as const
  let rest = Math.max(0, Math.round(milliseconds / 1000))
  const parts: string[] = []
  for (const [unit, seconds] of units) {
    const count = Math.floor(rest / seconds)
    rest -= count * seconds
    if (count > 0 || (parts.length === 0 && unit === 's')) parts.push(`${count} ${unit}`)
    if (parts.length === 2) break
  }
  return parts.join(' ')
}
