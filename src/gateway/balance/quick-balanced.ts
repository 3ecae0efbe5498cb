import type { Call, CallEvents, QuickThrough, Wire } from '../call.ts'
import { type Balance, BalancedCall } from './balanced-call.ts'
import type { Member } from './member.ts'

/** A quick call on one of several back ends, which counts it. */
export class QuickBalanced implements QuickThrough {
  readonly #member: Member
  readonly #balance: Balance

  constructor(member: Member, balance: Balance) {
    this.#member = member
    this.#balance = balance
  }

  ended(): void {
    const member = this.#member
    if (member.late > 0) member.answered()
    member.done()
    this.#balance.freed()
  }

  adopt(call: Call, events: CallEvents, wire: (events: CallEvents) => Wire): Wire {
    const balanced = new BalancedCall(call, events, this.#balance)
    balanced.adopt(this.#member, wire)
    return balanced
  }
}
