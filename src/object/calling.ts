import type { Open } from '../gateway/call.ts'
import type { GatewayTimeouts } from '../gateway/patience.ts'
import type { OwnIdentity } from '../message/identity-fields.ts'
import type { FormNoted } from './object-call.ts'

/** What all calls of an object server have in common. */
export interface Calling {
  readonly open: Open
  readonly settings: { readonly timeouts: GatewayTimeouts; readonly name: string }
  /** Milliseconds that the object is told. */
  readonly timeout: number
  readonly identity: OwnIdentity | undefined
  readonly noted: FormNoted
}
