import { attach, type SocketEvents } from '../../io/attach.ts'
import { FastCgiFault } from '../../protocol/fastcgi/fault.ts'
import {
  type ApplicationValues,
  applicationValues,
  getValues,
  VALUE_NAMES,
  valuesOf,
} from '../../protocol/fastcgi/management.ts'
import { type Management, WebServerEnd } from '../../protocol/fastcgi/web-server.ts'
import { type ApplicationAddress, connectTo } from './address.ts'

/** Milliseconds that an application has to say something of itself. */
const PATIENCE = 500

/**
 * Asks an application what it can do (§4.1), on a connection of its own: some close it then, some never answer, and some
 * serve nobody else meanwhile. Does not hold the process open.
 * @param done Told once: undefined where there is no answer.
 */
export function askValues(address: ApplicationAddress, done: (values: ApplicationValues | undefined) => void): void {
  const socket = connectTo(address)
  const timer = setTimeout(() => socket.destroy(), PATIENCE).unref()
  let values: ApplicationValues | undefined
  const management: Management = {
    values(content) {
      values = applicationValues(valuesOf(content))
      socket.destroy()
    },
    unknownType: () => void socket.destroy(),
  }
  const end = new WebServerEnd(management)
  const events: SocketEvents = {
    received(bytes) {
      try {
        end.read(bytes)
      } catch (error) {
        if (!(error instanceof FastCgiFault)) throw error
        socket.destroy()
      }
    },
    halfClosed: () => void socket.destroy(),
    drained() {},
    stalled() {},
    closed() {
      clearTimeout(timer)
      done(values)
    },
  }
  attach(socket, events)
  socket.unref()
  socket.write(getValues(VALUE_NAMES), 'latin1')
}
