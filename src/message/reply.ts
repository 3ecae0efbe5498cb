import type { Handler, Middleware } from './interface.ts'

/** Middleware folded round a handler, once, at start; the first is the outermost. */
export function fold(handler: Handler, middleware: readonly Middleware[]): Handler {
  return middleware.reduceRight((next, wrap) => wrap(next), handler)
}

/** Whether a value has to be waited for. A promise is made only where there is something to wait for: it costs. */
export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return value !== null && typeof value === 'object' && typeof (value as { then?: unknown }).then === 'function'
}
