import type { AuthorizationRecord, ClientFacts, Means } from '../../message/connection.ts'

/** What a framework knows of a request beyond what Node does. */
export interface Handed {
  /** As the client sent it, unless the framework has changed it. */
  readonly target: string
  readonly mount?: string | undefined
  readonly user?: AuthorizationRecord | undefined
  readonly means?: Means | undefined
  readonly client?: ClientFacts | undefined
  readonly requestId?: string | undefined
  /** Told before the first byte of the answer. */
  readonly onHead?: (() => void) | undefined
}
