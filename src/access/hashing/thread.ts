import { parentPort } from 'node:worker_threads'
import { matches, type PasswordHash } from '../stores/hashes.ts'

/** What the thread is asked. */
export interface Question {
  readonly id: number
  readonly password: string
  readonly hash: PasswordHash
}

/** What it answers. */
export interface Told {
  readonly id: number
  readonly matched: boolean
}

parentPort?.on('message', ({ id, password, hash }: Question) => {
  parentPort?.postMessage({ id, matched: matches(password, hash) } satisfies Told)
})
