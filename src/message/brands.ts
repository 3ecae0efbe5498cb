/**
 * How our own types are recognised. A config loader or a nested `node_modules` makes second copies of a package, and
 * between copies `instanceof` is false; symbols from the global registry are the same in all of them.
 */
export const REQUEST: unique symbol = Symbol.for('oriel.Request')
export const RESPONSE: unique symbol = Symbol.for('oriel.Response')
export const HEADERS: unique symbol = Symbol.for('oriel.Headers')
export const RESOURCE: unique symbol = Symbol.for('oriel.Resource')
export const HTTP_ERROR: unique symbol = Symbol.for('oriel.HttpError')
export const AUTHENTICATION_FAILED: unique symbol = Symbol.for('oriel.AuthenticationFailed')
export const DECLINED: unique symbol = Symbol.for('oriel.Declined')
export const REROUTE: unique symbol = Symbol.for('oriel.Reroute')

/** Puts a brand on all instances of a class. */
export function brand(type: { prototype: object }, symbol: symbol): void {
  Object.defineProperty(type.prototype, symbol, { value: true })
}

/** Whether a value carries a brand, on itself or on its prototype. */
export function branded(value: unknown, brand: symbol): boolean {
  return (
    value !== null &&
    (typeof value === 'object' || typeof value === 'function') &&
    (value as Record<symbol, unknown>)[brand] === true
  )
}
