import type { Socket } from 'node:net'
import { readShared } from './shared-read.ts'
import { StallWatch } from './stall-watch.ts'

/** What a connection hears of its socket. */
export interface SocketEvents {
  /** Bytes came. They are only there during the call: what is kept of them must be copied. */
  received(bytes: Buffer): void
  /** The other side has ended its half. */
  halfClosed(): void
  /** All that was written has been taken by the system. */
  drained(): void
  /** It took none of what was written for too long. */
  stalled(): void
  /** The socket is closed, by whomever. */
  closed(): void
}

const EVENTS = Symbol('events')
const WATCH = Symbol('watch')

type Attached = Socket & { [EVENTS]?: SocketEvents | undefined; [WATCH]?: StallWatch | undefined }

/**
 * Tells a connection what happens on its socket, in the place of the one that was told before. All sockets share the
 * listeners: an idle connection costs little.
 */
export function attach(socket: Socket, events: SocketEvents): void {
  const before = (socket as Attached)[EVENTS]
  ;(socket as Attached)[EVENTS] = events
  if (before !== undefined) return
  // `data` tells only what came before, or all where the socket cannot read into the common buffer.
  socket.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose)
  readShared(socket, onShared)
}

/** Hears of `drained`, and of `stalled` after so many milliseconds in which the other side took nothing. */
export function awaitDrain(socket: Socket, milliseconds: number): void {
  awaitTaken(socket.once('drain', onDrain), milliseconds)
}

/** Hears of `stalled` only: for a write so small that the socket says nothing when it is taken. */
export function awaitTaken(socket: Socket, milliseconds: number): void {
  const attached = socket as Attached
  attached[WATCH] ??= new StallWatch(socket, milliseconds, onStall)
}

/** All that was written has been taken: an end of waiting. */
export function taken(socket: Socket): void {
  const attached = socket as Attached
  attached[WATCH]?.stop()
  attached[WATCH] = undefined
}

/**
 * Stops, and leaves the socket like a new one: the next one that listens gets the bytes. Only errors stay heard: where
 * nobody listens for them, a client could end the process by a reset. `close` follows each of them.
 */
export function detach(socket: Socket): void {
  ;(socket as Attached)[EVENTS] = undefined
  socket.off('data', onData).off('end', onEnd).off('close', onClose)
  socket.off('drain', onDrain)
  taken(socket)
  // As node:http does before it emits `upgrade`: neither flowing nor paused by somebody's wish.
  ;(socket as { readableFlowing: boolean | null }).readableFlowing = null
}

function onData(this: Attached, bytes: Buffer): void {
  this[EVENTS]?.received(bytes)
}

/** A socket that was detached is read by its stream again. */
function onShared(this: Attached, size: number, buffer: Buffer): boolean {
  const bytes = buffer.subarray(0, size)
  const events = this[EVENTS]
  if (events === undefined) return this.push(Buffer.from(bytes))
  events.received(bytes)
  return true
}

function onEnd(this: Attached): void {
  this[EVENTS]?.halfClosed()
}

function onDrain(this: Attached): void {
  taken(this)
  this[EVENTS]?.drained()
}

function onStall(this: Attached): void {
  this[EVENTS]?.stalled()
}

/** `close` follows every error, and tells all that matters here. */
function onError(): void {}

function onClose(this: Attached): void {
  taken(this)
  this[EVENTS]?.closed()
}
