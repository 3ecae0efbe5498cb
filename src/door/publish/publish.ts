import type { ListenAddress } from '../../io/bound.ts'
import type { Report } from '../../message/exchange.ts'
import type { Logger } from '../../message/interface.ts'
import { foldObjects, type Published } from '../../object/folded.ts'
import { placeHere } from '../../object/publishing.ts'
import { checkServerName } from '../../protocol/object/names.ts'
import { type FastCgiServer, serveObjects } from '../fastcgi/server.ts'
import { authorizerSite } from './authorizer-site.ts'
import { ObjectsSite } from './objects-site.ts'
import { placeOf } from './place.ts'
import { say } from './say.ts'

export interface PublishOptions {
  /** `unix:PATH`, `host:port`, or an address as in the config. Where it is left out, see `publish`. */
  readonly listen?: string | ListenAddress
  /** Requests at once; the next one is refused as overloaded. 1024 where it is left out. */
  readonly maxRequests?: number
  /** Bytes that a body may have that a web server sends that knows nothing of objects; 1 MiB where it is left out. */
  readonly limits?: { readonly body?: number }
  /** The error log, beside that of who calls. */
  readonly report?: Report
  /** Told of every exchange here. */
  readonly log?: readonly Logger[]
  /** Milliseconds for running requests when it ends; 10000 where it is left out. */
  readonly stopTimeout?: number
}

/** Objects that are published. */
export interface Publication {
  readonly name: string
  /** How others find them: `fastcgi:unix:/run/paul.sock`. */
  readonly handle: string
  /** Ends it gently: what runs is answered, nothing more is taken. Fulfilled when all is over. */
  close(): Promise<void>
}

const BODY_LIMIT = 1024 * 1024

/**
 * Publishes objects: resources, authorizers, authenticators and loggers by their names. The same program runs as
 * `module:`, as `command:` and by itself: where it listens is what `listen` says; the socket that Oriel has for it; the socket
 * on descriptor 0, as spawn-fcgi hands it over; else a socket of its user, and it prints its binding handle. Ends gently by
 * SIGTERM and SIGINT.
 * @param name The name of the object server: what stands behind the `@`.
 * @throws TypeError for names or objects that are none, the system's error where it cannot listen.
 */
export async function publish(name: string, objects: Published, options: PublishOptions = {}): Promise<Publication> {
  checkServerName(name)
  const here = placeHere()
  if (here !== undefined) {
    here.gather(name, objects)
    return { name, handle: `module:${name}`, close: async () => undefined }
  }
  const folded = foldObjects(objects)
  const { listen, byHand } = placeOf(name, options.listen)
  const { report, log = [], maxRequests, stopTimeout, limits = {} } = options
  const site = new ObjectsSite(folded, { name, report, log, bodyLimit: limits.body ?? BODY_LIMIT })
  const server = await serveObjects(
    { Responder: site, Authorizer: authorizerSite(folded, site) },
    {
      ...(listen !== undefined && { listen }),
      ...(maxRequests !== undefined && { maxRequests }),
      ...(stopTimeout !== undefined && { stopTimeout }),
      ...(report !== undefined && { report }),
    },
  )
  const handle = `fastcgi:${server.address}`
  if (byHand) say(handle)
  return { name, handle, close: endedBySignals(server) }
}

/** Ends it gently when the process is told to end; told again, at once. */
function endedBySignals(server: FastCgiServer): () => Promise<void> {
  const close = (): Promise<void> => {
    process.off('SIGTERM', onSignal)
    process.off('SIGINT', onSignal)
    return server.close()
  }
  const onSignal = (): void => void close()
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  return close
}
