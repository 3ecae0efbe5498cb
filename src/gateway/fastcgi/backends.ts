import { badAnswer, type Open } from '../call.ts'

/** How applications are reached. */
export interface FastCgiPoolOptions {
  /** Connections to each of them at most. */
  readonly connections?: number
  readonly keepAlive?: boolean
  /** Milliseconds. */
  readonly connectTimeout?: number
  /** Requests that wait. */
  readonly queue?: number
}

export interface FastCgiBackendsOptions extends FastCgiPoolOptions {
  readonly address: string | readonly string[]
  readonly role: 'responder' | 'authorizer' | 'filter'
}

export function fastCgiBackends(_: FastCgiBackendsOptions): Open {
  throw badAnswer('later')
}
