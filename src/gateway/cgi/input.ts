import { closeSync, openSync } from 'node:fs'
import type { Content } from '../call.ts'

/** How a program gets the content of a request: not at all, written to a pipe, or as the file that holds it. */
export type InputKind = 'null' | 'pipe' | 'file'

/** RFC 3875 §4.2: without content there is the end of the input at once. */
export function inputKind(content: Content | undefined): InputKind {
  if (content === undefined || content.size === 0) return 'null'
  return content.file !== undefined && process.platform === 'linux' ? 'file' : 'pipe'
}

/**
 * The file once more, from its first byte, to be read only: the descriptor that it was written by stands at its end, and
 * may be closed while the program is being started. @throws the system's error.
 */
export function reopened(file: number): number {
  return openSync(`/proc/self/fd/${file}`, 'r')
}

export function close(descriptor: number | undefined): void {
  if (descriptor !== undefined) closeSync(descriptor)
}
