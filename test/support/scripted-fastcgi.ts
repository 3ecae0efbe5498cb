import type { Call, CallEnd, Open, Wire } from '../../src/gateway/call.ts'
import type { FastCgiOptions as BackendsOptions } from '../../src/gateway/fastcgi/backends.ts'

/** A wire that takes all and does nothing. */
const WIRE: Wire = {
  fed: true,
  write: () => true,
  endInput: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
  abort: () => undefined,
}

/** FastCGI applications in the hand of a test: what they were asked, and what they answer. */
export class Scripted {
  readonly calls: Call[] = []
  readonly asked: BackendsOptions[] = []
  /** What is answered: head and content, as CGI has it. */
  answer: (call: Call) => string
  /** How the next answers end. */
  end: CallEnd = {}

  constructor(answer: string | ((call: Call) => string)) {
    this.answer = typeof answer === 'string' ? () => answer : answer
  }

  readonly backends = (options: BackendsOptions): Open => {
    this.asked.push(options)
    return (call, events) => {
      this.calls.push(call)
      queueMicrotask(() => {
        const said = this.answer(call)
        if (said !== '') events.output(Buffer.from(said, 'latin1'))
        events.ended(this.end)
      })
      return WIRE
    }
  }

  /** The variables of the last call. */
  get variables(): Record<string, string> {
    return variablesOf(this.calls.at(-1)?.variables ?? [])
  }
}

/** A list of name, value, name, value as an object. */
export function variablesOf(list: readonly string[]): Record<string, string> {
  const made: Record<string, string> = {}
  for (let i = 0; i < list.length; i += 2) made[list[i] as string] = list[i + 1] as string
  return made
}
