/** A program for the tests of the supervisor: an HTTP application on $SOCKET that behaves as its first argument says. */
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'

export interface Behaviour {
  /** Milliseconds until it listens; it never does where this is -1. */
  readonly late?: number
  /** It ends with exit code 1 when it has answered so many. */
  readonly dies?: number
  readonly ignoresTerm?: boolean
  /** It starts a child that stays, also after TERM: in its group, or in a session of its own. */
  readonly child?: 'group' | 'session'
  /** MiB that it holds. */
  readonly holds?: number
  /** MiB that it writes to its standard error when it serves. */
  readonly floods?: number
}

const LINE = `${'x'.repeat(99)}\n`

function serve({ late = 0, dies = Number.POSITIVE_INFINITY, floods = 0, ...behaviour }: Behaviour): void {
  if (behaviour.ignoresTerm === true) process.on('SIGTERM', () => process.stdout.write('TERM is ignored\n'))
  if (behaviour.child !== undefined) startChild(behaviour.child === 'session')
  const held = Buffer.alloc((behaviour.holds ?? 0) << 20, 1)
  let answered = 0
  const server = createServer((request, response) => {
    const wait = Number(new URL(request.url ?? '/', 'http://a').searchParams.get('wait') ?? 0)
    response.on('finish', () => {
      if (++answered >= dies) process.exit(1)
    })
    setTimeout(() => response.end(`${process.pid} ${held.length}`), wait)
  })
  const listen = () => server.listen(process.env['SOCKET'], () => flood(floods))
  if (late >= 0) setTimeout(listen, late)
  else setInterval(() => {}, 1000)
}

/** A child of a name that tells its number, and hears no TERM. */
function startChild(detached: boolean): void {
  const script = "trap '' TERM HUP; echo child $$; while :; do sleep 1; done"
  const child = spawn('/bin/sh', ['-c', script], { detached, stdio: ['ignore', 'pipe', 'inherit'] })
  createInterface(child.stdout).on('line', (line) => process.stdout.write(`${line}\n`))
}

function flood(mebibytes: number): void {
  if (mebibytes === 0) return
  const piece = Buffer.from(LINE.repeat(10_000))
  let left = mebibytes << 20
  const more = (): void => {
    left -= piece.length
    if (left > 0) process.stderr.write(piece, more)
    else process.stderr.write('The last line.\n', () => process.exit(4))
  }
  more()
}

serve(JSON.parse(process.argv[2] ?? '{}') as Behaviour)
