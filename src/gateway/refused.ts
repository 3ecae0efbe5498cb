import type { Answer } from '../message/interface.ts'

/** Thrown by an Authorizer that has an answer of its own for whom it does not let in. */
export class Refused extends Error {
  override readonly name: string = 'Refused'
  readonly answer: Answer

  constructor(answer: Answer) {
    super('an Authorizer answered in the place of the resource')
    this.answer = answer
  }
}
