import type { BackendRecord, Exchange } from '../message/exchange.ts'
import type { CallEnd, Wire } from './call.ts'
import type { StderrLines } from './stderr-lines.ts'

/** What the log tells of whoever had a request last. @param tries How often it was given to somebody. */
export function noteBackend(
  exchange: Exchange,
  wire: Wire | undefined,
  said: CallEnd['said'],
  stderr: StderrLines | undefined,
  tries: number,
): void {
  const backend: Record<string, unknown> = { ...exchange.backend }
  if (wire?.process !== undefined) backend['process'] = wire.process
  Object.assign(backend, said)
  if (stderr !== undefined && stderr.first.length > 0) backend['stderr'] = stderr.first
  if (tries > 1) backend['retries'] = tries - 1
  exchange.backend = backend as BackendRecord
}
