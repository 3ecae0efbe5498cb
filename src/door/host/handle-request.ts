import type { Site } from '../../site/site.ts'
import type { HostRequest } from './request.ts'

export interface HandleOptions {
  /** Whether the host takes back what no route answers; where it does not, that is a 404. False where it is left out. */
  readonly handBack?: boolean
}

/** Stands for the real one until it is there. */
export async function handleRequest(
  _site: Site,
  _host: HostRequest,
  _options: HandleOptions = {},
): Promise<'answered' | 'declined'> {
  throw new TypeError('not there yet')
}
