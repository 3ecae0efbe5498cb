import * as v from 'valibot'
import type { ErrorLogOptions } from '../log/error-log-options.ts'
import { code, isFunction, object, optional } from './parts.ts'
import { placeSchema } from './schema-log-place.ts'

/** The key `errorLog`. */
export const errorLogKey: v.OptionalSchema<v.GenericSchema, undefined> = optional(
  object<ErrorLogOptions>(
    {
      level: optional(
        v.picklist(['debug', 'info', 'warn', 'error']),
        'The least level that is told. Default: `warn`, and what applications print.',
      ),
      to: optional(placeSchema, 'As in `log`. Default: `stderr`.'),
      format: optional(v.picklist(['text', 'json']), 'Default: `text`.'),
    },
    'The error log.',
  ),
  'What the error log tells, where to, and how.',
)

/** The key `onError`. */
export const onErrorKey: v.OptionalSchema<v.GenericSchema, undefined> = code(
  isFunction,
  'a function',
  'Told of errors, one at a time and not too often: for whoever is to be woken.',
)
