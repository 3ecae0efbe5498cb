import type { AuthorizationRecord } from '../../src/message/connection.ts'
import { AuthenticationFailed } from '../../src/message/errors.ts'
import type { Authenticator } from '../../src/message/interface.ts'

/** A store of passwords in memory that keeps what it was asked. */
export class Passwords implements Authenticator {
  generation = 0
  readonly asked: string[] = []
  /** Called before each answer: it may wait, or throw. */
  before: () => void | Promise<void> = () => undefined
  readonly #passwords: Record<string, string>

  constructor(passwords: Record<string, string> = { joe: 'secret', ann: 'hidden' }) {
    this.#passwords = passwords
  }

  async authenticateUser(name: string, password: string): Promise<AuthorizationRecord> {
    this.asked.push(name)
    await this.before()
    if (!Object.hasOwn(this.#passwords, name) || this.#passwords[name] !== password) throw new AuthenticationFailed()
    return { name, groups: [`of-${name}`] }
  }
}

/** The value of Authorization by which somebody logs in. */
export function basic(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
}
