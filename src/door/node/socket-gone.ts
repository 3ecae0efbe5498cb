import type { Socket } from 'node:net'

/** Who is to be told when a socket is closed. One listener for all: requests may wait in line on one connection. */
const waiting = new WeakMap<Socket, Set<() => void>>()

/** Calls when the socket is closed, at once where it is already. Returns what takes that back. */
export function onSocketGone(socket: Socket, call: () => void): () => void {
  if (socket.destroyed) {
    call()
    return () => {}
  }
  const calls = waiting.get(socket) ?? watched(socket)
  calls.add(call)
  return () => calls.delete(call)
}

function watched(socket: Socket): Set<() => void> {
  const calls = new Set<() => void>()
  waiting.set(socket, calls)
  socket.once('close', () => {
    for (const call of calls) call()
    calls.clear()
  })
  return calls
}
