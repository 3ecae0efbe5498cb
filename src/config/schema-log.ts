import type * as v from 'valibot'
import { areLoggers, code } from './parts.ts'

/** The key `log`. */
export const logKey: v.OptionalSchema<v.GenericSchema, undefined> = code(
  areLoggers,
  'a list of loggers, which have a method logRequest',
  'Who is told of every exchange: Logger objects.',
)
