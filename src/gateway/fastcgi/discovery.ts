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
import { type ApplicationAddress, connectTo } from '../address.ts'

/** Milliseconds that an application has to say something of itself. */
const PATIENCE = 500

/**
 * Asks an application what it can do.
 * @param holding Whether somebody waits for it, so that the process must stay.
 * @param done Told once: undefined where there is no answer.
 */
export function askValues(
  address: ApplicationAddress,
  holding: boolean,
  done: (values: ApplicationValues | undefined) => void,
): void {
  const told = (pairs: readonly string[] | undefined): void =>
    done(pairs === undefined ? undefined : applicationValues(pairs))
  askPairs(address, VALUE_NAMES, told, holding)
}

/**
 * Asks an application for values (§4.1), on a connection of its own: some close it then, some never answer, and some serve
 * nobody else meanwhile.
 * @param done Told once: name, value, name, value; undefined where there is no answer.
 * @param holding Whether it holds the process open.
 */
export function askPairs(
  address: ApplicationAddress,
  names: readonly string[],
  done: (pairs: readonly string[] | undefined) => void,
  holding: boolean = false,
): void {
  const socket = connectTo(address)
  const timer = setTimeout(() => socket.destroy(), PATIENCE).unref()
  let told = false
  const tell = (pairs: readonly string[] | undefined): void => {
    if (told) return
    told = true
    clearTimeout(timer)
    done(pairs)
  }
  const management: Management = {
    values(content) {
      const values = valuesOf(content)
      socket.destroy()
      tell(values)
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
    closed: () => tell(undefined),
  }
  attach(socket, events)
  if (!holding) socket.unref()
  socket.write(getValues(names), 'latin1')
}
