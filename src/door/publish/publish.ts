import type { ListenAddress } from '../../io/bound.ts'
import type { Report } from '../../message/exchange.ts'
import type { Logger } from '../../message/interface.ts'
import { type FoldedObject, foldObjects, type Published } from '../../object/folded.ts'
import { placeHere } from '../../object/publishing.ts'
import { checkServerName } from '../../protocol/object/names.ts'
import { type FastCgiServer, serveObjects } from '../fastcgi/server.ts'
import { authorizerSite } from './authorizer-site.ts'
import { endedBySignals } from './ending.ts'
import { exposedFault, isExposed } from './exposed.ts'
import { ObjectsSite } from './objects-site.ts'
import { type PublishPlace, placeOf } from './place.ts'
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
  /**
   * The addresses from which callers may connect by TCP, or ranges of them. Where it is left out those of the environment's
   * FCGI_WEB_SERVER_ADDRS; one of both must be there where other machines can connect.
   */
  readonly webServerAddresses?: readonly string[]
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
 * on descriptor 0, as spawn-fcgi hands it over; else a socket of its user, and it prints its binding handle. By SIGTERM
 * and SIGINT it ends gently, and then the process, unless that has listeners of its own for these.
 * @param name The name of the object server: what stands behind the `@`.
 * @throws TypeError for names or objects that are none, and for an address that other machines reach where nobody has said
 * who may connect; the system's error where it cannot listen.
 */
export async function publish(name: string, objects: Published, options: PublishOptions = {}): Promise<Publication> {
  checkServerName(name)
  const here = placeHere()
  if (here !== undefined) {
    here.gather(name, objects, options)
    return { name, handle: `module:${name}`, close: async () => undefined }
  }
  return publishFolded(name, foldObjects(objects), options)
}

/** The same with objects that are ready to be called. @param options `quiet`: who calls says where they are. @throws as `publish`. */
export async function publishFolded(
  name: string,
  objects: ReadonlyMap<string, FoldedObject>,
  options: PublishOptions & { readonly quiet?: boolean },
): Promise<Publication> {
  const place = placeOf(name, options.listen)
  const server = await listening(objects, place, name, options)
  const { address } = server
  if (isExposed(place.handedOver ?? address, options.webServerAddresses)) {
    await server.close()
    throw exposedFault(place.handedOver ?? address)
  }
  const handle = `fastcgi:${place.handedOver ?? address}`
  const close = endedBySignals(() => server.close())
  if (place.byHand && options.quiet !== true) say(handle)
  return { name, handle, close }
}

async function listening(
  objects: ReadonlyMap<string, FoldedObject>,
  { listen }: PublishPlace,
  name: string,
  { report, log = [], maxRequests, stopTimeout, limits = {}, webServerAddresses }: PublishOptions,
): Promise<FastCgiServer> {
  const site = new ObjectsSite(objects, { name, report, log, bodyLimit: limits.body ?? BODY_LIMIT })
  try {
    return await serveObjects(
      { Responder: site, Authorizer: authorizerSite(objects, site) },
      {
        ...(listen !== undefined && { listen }),
        ...(maxRequests !== undefined && { maxRequests }),
        ...(stopTimeout !== undefined && { stopTimeout }),
        ...(report !== undefined && { report }),
        ...(webServerAddresses !== undefined && { webServerAddresses }),
      },
    )
  } catch (error) {
    throw inWords(error, name)
  }
}

/** An address that is taken is mostly that of the same program, started twice. */
function inWords(error: unknown, name: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException
  if (code !== 'EADDRINUSE') return error
  const where = message.replace(/^listen EADDRINUSE: /, '')
  const what = `${name} cannot be published at ${where}: somebody listens there already, perhaps this program, started before`
  return Object.assign(new Error(what, { cause: error }), { code })
}
