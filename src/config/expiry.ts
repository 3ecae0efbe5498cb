import type { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ListenAddress } from '../io/bound.ts'

/** What an operator should know of certificates that clients refuse, in one sentence each. */
export function certificateWarnings(listen: readonly ListenAddress[], now: number = Date.now()): string[] {
  const paths = listen.flatMap(({ tls }) => (typeof tls === 'object' ? tls.map(({ cert }) => cert) : []))
  return [...new Set(paths)].flatMap((path) => warning(path, now) ?? [])
}

function warning(path: string, now: number): string | undefined {
  const certificate = readFrom(path)
  if (certificate === undefined) return undefined
  const [from, until] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)]
  if (until < now) return `${path} ended on ${day(until)}: clients refuse it. Renew it, then "oriel reload".`
  if (from > now) return `${path} begins on ${day(from)}: clients refuse it till then. Is the clock right?`
  return undefined
}

/** Undefined for what is no certificate: whoever serves it says so. */
function readFrom(path: string): X509Certificate | undefined {
  try {
    return new (process.getBuiltinModule('node:crypto').X509Certificate)(readFileSync(path))
  } catch {
    return undefined
  }
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}
