import type { RoleName } from '../../protocol/fastcgi/codes.ts'
import type { Content } from '../call.ts'

/** The variables of a request, in the forms that there are of them; byte strings. */
export interface Forms {
  /** Name, value, name, value. */
  readonly variables: readonly string[]
  /** For object servers, which understand more: the pairs as text. */
  readonly whole?: string | undefined
}

/** What is asked of an application. */
export interface Question {
  readonly role: RoleName
  readonly forms: Forms
  readonly content: Content | undefined
  /** The file that a Filter filters. */
  readonly data: Content | undefined
  /** Whether to ask a second time does no harm (RFC 9110 §9.2.2). */
  readonly idempotent: boolean
}

/** Bytes of a content that is at hand with which a request still counts as small. */
const SMALL = 65536

/** Whether the content need not be waited for: there is none, it is at hand, or the role has none (§6.3). */
export function isAtHand({ role, content }: Question): boolean {
  return role === 'Authorizer' || content === undefined || content.bytes !== undefined
}

/** Whether it may share a connection without windows: what it sends is at hand, and small. */
export function isSmall(question: Question): boolean {
  return isAtHand(question) && question.data === undefined && (question.content?.size ?? 0) <= SMALL
}
