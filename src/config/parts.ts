import * as v from 'valibot'

/* What the schema of the config is put together from. */

type Text = v.SchemaWithPipe<readonly [v.StringSchema<undefined>, v.NonEmptyAction<string, string>]>
type Optional = v.OptionalSchema<v.GenericSchema, undefined>
type Entries<T> = { readonly [K in keyof Required<T>]: v.GenericSchema }

/** An object with exactly the keys of a type: the compiler sees to that. */
export function object<T>(entries: Entries<T>, description: string): v.GenericSchema {
  return v.pipe(v.strictObject(entries as v.ObjectEntries), v.description(description))
}

export function filled(): Text {
  return v.pipe(v.string(), v.nonEmpty('must not be empty'))
}

/** A key that may be left out. */
export function optional(schema: v.GenericSchema, description: string): Optional {
  return v.optional(v.pipe(schema, v.description(description)))
}

/** The same key where it may not be left out. */
export function need(key: Optional): v.GenericSchema {
  return key.wrapped
}

export function text(description: string): Optional {
  return optional(filled(), description)
}

export function yes(description: string): Optional {
  return optional(v.boolean(), description)
}

export function texts(description: string): Optional {
  return optional(v.array(filled()), description)
}

export function textOrTexts(description: string): Optional {
  return optional(v.union([filled(), v.pipe(v.array(filled()), v.minLength(1))]), description)
}

export function number(description: string, least: number = 0, most: number = Number.MAX_SAFE_INTEGER): Optional {
  const bounded = v.pipe(v.number(), v.minValue(least))
  if (most === Number.MAX_SAFE_INTEGER) return optional(bounded, description)
  return optional(v.pipe(bounded, v.maxValue(most), v.integer('expected a whole number')), description)
}

/** What only code can say: JSON has none of it. */
export function code(is: (value: unknown) => boolean, expected: string, description: string): Optional {
  const custom = v.custom<unknown>(is, ({ input, received }) =>
    // "a list of functions, not a list" would help nobody.
    Array.isArray(input) ? `expected ${expected}` : `expected ${expected}, not ${receivedText(received)}`,
  )
  return optional(custom, `${description} (in TypeScript and JavaScript only)`)
}

/** A text that some function takes; what it says where it does not is what people are told. */
export function accepted(take: (value: string) => unknown): v.GenericSchema<string> {
  return v.pipe(
    filled(),
    v.check(
      (value) => objection(() => take(value)) === undefined,
      (issue) => objection(() => take(issue.input)) ?? '',
    ),
  )
}

/** The message of what is thrown, or undefined where nothing is. */
export function objection(act: () => unknown): string | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

/** An object that maps texts to values: a list is none, though it has keys. */
export function map<T>(
  key: v.GenericSchema<string>,
  value: v.GenericSchema<T>,
): v.GenericSchema<unknown, Record<string, T>> {
  const noList = v.custom<unknown>((given) => !Array.isArray(given), 'expected an object, not a list')
  return v.pipe({ ...noList, expects: 'Object' as const }, v.record(key, value))
}

export function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}

export function areFunctions(value: unknown): boolean {
  return Array.isArray(value) && value.every(isFunction)
}

export function isCode(value: unknown): boolean {
  return isFunction(value) || (typeof value === 'object' && value !== null)
}

export function isScheme(value: unknown): boolean {
  const scheme = value as { identify?: unknown; challenge?: unknown } | null | undefined
  return isFunction(scheme?.identify) && isFunction(scheme?.challenge)
}

export function isAuthorizer(value: unknown): boolean {
  return isFunction((value as { authorizeUser?: unknown } | null | undefined)?.authorizeUser)
}

export function isLogger(value: unknown): boolean {
  return isFunction((value as { logRequest?: unknown } | null | undefined)?.logRequest)
}

const RECEIVED: Readonly<Record<string, string>> = {
  Object: 'an object',
  Array: 'a list',
  undefined: 'nothing',
  Function: 'a function',
}

/** What was found, for people. */
export function receivedText(received: string): string {
  return RECEIVED[received] ?? received
}
