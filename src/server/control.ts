import { lstatSync, readdirSync, realpathSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Bound, bind } from '../io/bound.ts'
import { candidates, isPrivate, OF_SERVICE, privateFolder } from './private-folder.ts'

/** What the owner of a running server may ask it. */
export type Command =
  | { readonly do: 'reload' }
  /** Say what is served, by whom, in JSON. */
  | { readonly do: 'status' }
  /** Start this program with these arguments in this folder, and hand the addresses to it. */
  | { readonly do: 'replace'; readonly program: readonly string[]; readonly folder: string }

export type Outcome = { readonly ok: true; readonly told: string } | { readonly ok: false; readonly told: string }

/** The most that is read of a command and of its outcome, in characters. */
const LONGEST = 65536
const LONGEST_OUTCOME = 1024 * 1024

/** What answers the commands of the owner. */
export interface Control {
  close(): void
}

/**
 * The socket on which a server of this config hears its owner: in a folder that only its owner may enter, so that whoever
 * can connect may do as much anyway. Undefined where there is no such folder.
 */
export function controlPath(config: string): string | undefined {
  const folder = privateFolder()
  return folder === undefined ? undefined : join(folder, nameOf(resolve(config)))
}

/**
 * Where a server of this config may hear: it may have been started with another environment, as by the service
 * manager, or by another name of its folder; root reaches those of all users.
 */
export function controlPaths(config: string): string[] {
  const names = new Set([resolve(config), realOf(config)].map(nameOf))
  const folders = [...candidates().filter((path) => isPrivate(path)), ...(process.getuid?.() === 0 ? ofOthers() : [])]
  return folders.flatMap((folder) => [...names].map((name) => join(folder, name)))
}

/** The folders of other users. A hostile one could lie there to root, and no more. */
function ofOthers(): string[] {
  const inTmp = readdirSync(tmpdir()).filter((name) => /^oriel-\d+$/.test(name) && name !== 'oriel-0')
  const theirs = inTmp.map((name) => [join(tmpdir(), name), Number(name.slice('oriel-'.length))] as const)
  const service = lstatSync(OF_SERVICE, { throwIfNoEntry: false })?.uid
  return [...(service === undefined ? [] : [[OF_SERVICE, service] as const]), ...theirs]
    .filter(([path, owner]) => isPrivate(path, owner))
    .map(([path]) => path)
}

/**
 * Hears commands. @param over Whether a predecessor still listens there.
 * @throws the system's error, EADDRINUSE where another server of the same config runs.
 */
export async function hear(path: string, over: boolean, act: (command: Command) => Promise<Outcome>): Promise<Control> {
  const bound = await bind({ unix: path, mode: '0600' }, over)
  // Who asks ends its side behind the command, and waits for the outcome.
  const server = createServer({ allowHalfOpen: true }, (socket) => answer(socket, act))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(bound.handle, resolve)
  })
  // Hearing keeps no process alive that has nothing else to do.
  server.unref()
  return { close: () => shut(bound, () => server.close()) }
}

/** Asks the server that hears there. @throws the system's error where none does, or it ends before it has answered. */
export function ask(path: string, command: Command): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true })
    socket.on('error', reject)
    socket.end(`${JSON.stringify(command)}\n`)
    read(socket, LONGEST_OUTCOME, (text) => {
      if (text === undefined) reject(new Error('the server ended before it had answered'))
      else resolve(JSON.parse(text) as Outcome)
    })
  })
}

function answer(socket: Socket, act: (command: Command) => Promise<Outcome>): void {
  socket.on('error', () => socket.destroy())
  read(socket, LONGEST, (text) => {
    if (text === undefined) socket.destroy()
    else void outcomeOf(text, act).then((outcome) => socket.end(JSON.stringify(outcome)))
  })
}

async function outcomeOf(text: string, act: (command: Command) => Promise<Outcome>): Promise<Outcome> {
  try {
    return await act(commandOf(text))
  } catch (error) {
    return { ok: false, told: error instanceof Error ? error.message : String(error) }
  }
}

function commandOf(text: string): Command {
  const given = JSON.parse(text) as {
    readonly do?: unknown
    readonly program?: unknown
    readonly folder?: unknown
  } | null
  if (given?.do === 'reload' || given?.do === 'status') return { do: given.do }
  const { program, folder } = given ?? {}
  if (given?.do === 'replace' && isTexts(program) && program.length > 0 && typeof folder === 'string') {
    return { do: 'replace', program, folder }
  }
  throw new Error('the server does not know this command: it may be of another version of Oriel')
}

function isTexts(given: unknown): given is string[] {
  return Array.isArray(given) && given.every((part) => typeof part === 'string')
}

/** All that comes until the other side ends; undefined where that is nothing, or too much. */
function read(socket: Socket, longest: number, done: (text: string | undefined) => void): void {
  let text = ''
  socket.setEncoding('utf8')
  socket.on('data', (more: string) => {
    text += more
    if (text.length > longest) socket.destroy()
  })
  socket.once('end', () => done(text === '' ? undefined : text))
  socket.once('close', () => done(undefined))
}

function shut(bound: Bound, close: () => void): void {
  close()
  bound.close()
}

/** A link that a deployment changes leads elsewhere afterwards: the path as it was given is the name, not the real one. */
function nameOf(config: string): string {
  return `${hashOf(config, 1)}${hashOf(config, 2)}.sock`
}

/** FNV-1a, twice with another beginning: names, not secrets, so the library for those need not be loaded. */
function hashOf(text: string, seed: number): string {
  let hash = 0x811c9dc5 ^ seed
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}

function realOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return resolve(path)
  }
}
