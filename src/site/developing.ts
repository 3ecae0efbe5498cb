import type { Response } from '../message/response.ts'
import { isDeveloper } from './development-client.ts'
import { defaultPage } from './error-page.ts'
import type { LastResort } from './errors.ts'
import type { Sources } from './stack.ts'

/**
 * The last resort of a site under development: with stack, source and request for clients on this machine, and the
 * default page for all others. Nothing in a request can switch it on: only the config can.
 */
export function developing(sources: Sources): LastResort {
  const page: LastResort = async (error, request, connection, failure): Promise<Response> => {
    // A page that cannot be made must not hide the error that it would tell of.
    try {
      // Loaded with the first error: sites that are in service show nobody what it makes.
      const { developmentPage } = await import('./development.ts')
      return developmentPage(error, request, connection, failure, sources)
    } catch (cause) {
      connection.exchange.report('error', 'The development page failed.', { error: cause })
      return defaultPage(error, request)
    }
  }
  return (error, request, connection, failure) =>
    isDeveloper(request, connection) ? page(error, request, connection, failure) : defaultPage(error, request)
}
