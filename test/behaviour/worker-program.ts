import { fetchHandler } from '../../src/fetch.ts'
import { behaviourSite } from './site.ts'

/* The site of the suite as a Worker, for workerd: it has no files of the host. */

export const worker: object = { fetch: fetchHandler(behaviourSite('/none')) }
