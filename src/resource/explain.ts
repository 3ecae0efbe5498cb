import type { Handler } from '../message/interface.ts'
import type { Request } from '../message/request.ts'

/** What a resource says of a request, as pairs of a word and what it is: `['file', '/srv/site/index.html']`. */
export type Explain = (request: Request) => Promise<readonly (readonly [word: string, text: string])[]>

const EXPLAIN = Symbol('explain')

/** Gives a handler the ability to say what it would do. */
export function explaining(handler: Handler, explain: Explain): Handler {
  return Object.assign(handler, { [EXPLAIN]: explain })
}

export function explanationOf(handler: Handler): Explain | undefined {
  return (handler as Handler & { [EXPLAIN]?: Explain })[EXPLAIN]
}
