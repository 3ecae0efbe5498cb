import Negotiator from 'negotiator'

const KEPT = 256
const kept = new Map<string, readonly string[]>()

/**
 * The content codings out of `available` that a client takes, best first; `identity` stands among them where plain
 * content is as good (RFC 9110 §12.5.3). Answers are kept by field and list, at most 256 of them.
 */
export function acceptedEncodings(field: string, available: readonly string[]): readonly string[] {
  const key = `${field}\n${available.join()}`
  const known = kept.get(key)
  if (known !== undefined) return known
  const found = new Negotiator({ headers: { 'accept-encoding': field } }).encodings([...available, 'identity'], {
    preferred: available,
  })
  if (kept.size >= KEPT) kept.clear()
  kept.set(key, found)
  return found
}

/** The best of some media types for a client, or undefined where it takes none of them (RFC 9110 §12.5.1). */
export function preferredType(accept: string | null, available: readonly string[]): string | undefined {
  if (accept === null || accept === '') return available[0]
  return new Negotiator({ headers: { accept } }).mediaType(available)
}
