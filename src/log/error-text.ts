/** Characters of an error that a line tells; the whole of it is in the error log. */
const MOST = 1000

/** What was thrown, in one sentence. Nothing that is thrown may fail whoever tells of it. */
export function errorText(thrown: unknown): string {
  try {
    const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
    return text.length > MOST ? `${text.slice(0, MOST)}…` : text
  } catch {
    return 'something that has no text'
  }
}
