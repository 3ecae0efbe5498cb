import type { Authenticator } from '../../message/interface.ts'

/** A store of passwords that says where it comes from. */
export interface NamedStore extends Authenticator {
  /** For explanations, and for what counts failed logins: those of one store are the same people. */
  readonly from: string
}
