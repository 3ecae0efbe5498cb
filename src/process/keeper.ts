import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { MARK } from './command.ts'
import { endOf } from './failed.ts'

/**
 * Reads `+ GROUP` and `- GROUP` until nobody can write any more, which is when the supervisor has gone, however that
 * was. Groups that are empty are forgotten at each look, before anybody else can get their number.
 */
const SCRIPT = `
trap '' HUP INT QUIT TERM PIPE TSTP
folder=$1 mark=$2 groups=
while read -r what group; do
  case $what in
    +) groups="$groups $group" ;;
    -) all=$groups groups=
       for one in $all; do [ "$one" = "$group" ] || groups="$groups $one"; done ;;
    .) exit 0 ;;
  esac
done
marked() {
  for one in $(grep -l -s -e "$mark" /proc/[0-9]*/environ 2>/dev/null); do
    one=\${one#/proc/}
    echo "\${one%/environ}"
  done
}
tell() {
  for one in $groups; do kill -s "$1" -- "-$one" 2>/dev/null; done
  for one in $(marked); do kill -s "$1" "$one" 2>/dev/null; done
}
tell TERM
tell CONT
for look in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  all=$groups groups=
  for one in $all; do kill -s 0 -- "-$one" 2>/dev/null && groups="$groups $one"; done
  [ -z "$groups" ] && [ -z "$(marked)" ] && break
  sleep 0.1
done
tell KILL
rm -rf -- "$folder"
`

/** Milliseconds until there is another, where one was killed. */
const AGAIN = 500
/** And for which one has to live before it is told again: where none can be started, it is told once. */
const LIVED = 10_000

/**
 * A small process that outlives this one if it must: when this one is killed, it ends all process groups that it was told of
 * and what carries the mark, and removes the folder. A shell of few lines: it takes less than a mebibyte.
 */
export class Keeper {
  readonly #folder: string
  readonly #token: string
  readonly #lost: (why: string) => void
  readonly #shell: string
  readonly #groups = new Set<number>()
  #child: ChildProcess
  #closing = false
  /** When it was started, by `performance.now()`. */
  #began = Number.NEGATIVE_INFINITY
  #isTold = false

  /** @param lost Called when it was killed, or cannot be started; another one is tried then. */
  constructor(folder: string, token: string, lost: (why: string) => void, shell: string = '/bin/sh') {
    this.#shell = shell
    this.#folder = folder
    this.#token = token
    this.#lost = lost
    this.#child = this.#start()
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  add(group: number): void {
    this.#groups.add(group)
    this.#tell(`+ ${group}`)
  }

  /** The group is empty. */
  remove(group: number): void {
    this.#groups.delete(group)
    this.#tell(`- ${group}`)
  }

  /** Fulfilled when it has ended. Nothing is left for it to do. */
  async close(): Promise<void> {
    this.#closing = true
    const child = this.#child
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.ref()
    child.stdin?.end('.\n')
    await ended
  }

  #start(): ChildProcess {
    const args = ['-c', SCRIPT, 'oriel-keeper', this.#folder, `${MARK}=${this.#token}[.]`]
    const { PATH = '/usr/bin:/bin' } = process.env
    this.#began = performance.now()
    const child = spawn(this.#shell, args, {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      cwd: '/',
      env: { PATH, LC_ALL: 'C' },
    })
    // Neither keeps this process alive. A write that fails is one to a keeper that has ended, which is told by itself.
    child.unref()
    ;(child.stdin as Socket).unref().on('error', () => undefined)
    child.on('error', ({ message }) => this.#gone(`cannot be started (${message}): ${this.#shell} must be there`))
    child.on('exit', (code, signal) => this.#gone(`ended with ${endOf({ code, signal })}`))
    return child
  }

  #gone(why: string): void {
    if (this.#closing) return
    if (performance.now() - this.#began > LIVED) this.#isTold = false
    if (!this.#isTold) this.#lost(why)
    this.#isTold = true
    setTimeout(() => this.#again(), AGAIN).unref()
  }

  #again(): void {
    if (this.#closing) return
    this.#child = this.#start()
    for (const group of this.#groups) this.#tell(`+ ${group}`)
  }

  #tell(line: string): void {
    if (this.#child.stdin?.writable === true) this.#child.stdin.write(`${line}\n`)
  }
}
