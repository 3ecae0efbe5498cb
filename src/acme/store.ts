import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { chmod, mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises'
import { join } from 'node:path'

const PRIVATE_FOLDER = 0o700
const PRIVATE_FILE = 0o600
const ACCOUNT = 'account.key'
const UNFINISHED = '.unfinished'

/**
 * Where keys and certificates lie: one folder for each authority, so that going from its staging directory to the real
 * one begins anew. Only one process writes here; others may read whenever they want, and find files whole.
 */
export class Store {
  readonly folder: string

  /** @param folder Absolute. @param directory The URL of the authority. */
  constructor(folder: string, directory: string) {
    const { host, pathname } = new URL(directory)
    this.folder = join(folder, `${host}${pathname}`.replace(/[^\w.-]+/g, '_').replace(/_$/, ''))
  }

  /** The file with a name's key, certificate and chain. */
  path(name: string): string {
    return join(this.folder, `${name}.pem`)
  }

  /** Makes the folder, takes away what others may read, and removes what a killed process left half written. */
  async open(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: PRIVATE_FOLDER })
    await chmod(this.folder, PRIVATE_FOLDER)
    for (const file of await readdir(this.folder)) {
      const path = join(this.folder, file)
      if (file.endsWith(UNFINISHED)) await unlink(path)
      else if (file.endsWith('.pem') || file === ACCOUNT) await chmod(path, PRIVATE_FILE)
    }
  }

  /** The bundle of a name, or undefined. @throws the system's error, but for a file that is not there. */
  read(name: string): Promise<string | undefined> {
    return readIfThere(this.path(name))
  }

  /** Puts a bundle in the place of the old one, in one step. */
  write(name: string, bundle: string): Promise<void> {
    return this.#replace(this.path(name), bundle)
  }

  /** The key of the account with the authority, made at the first call. */
  async accountKey(): Promise<string> {
    const path = join(this.folder, ACCOUNT)
    const kept = await readIfThere(path)
    if (kept !== undefined) return kept
    const key = newKey()
    await this.#replace(path, key)
    return key
  }

  async #replace(path: string, content: string): Promise<void> {
    const unfinished = join(this.folder, `${randomUUID()}${UNFINISHED}`)
    try {
      const file = await open(unfinished, 'wx', PRIVATE_FILE)
      try {
        await file.writeFile(content)
        // Before the rename: else a power cut may leave the new name with no content.
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(unfinished, path)
    } catch (error) {
      await unlink(unfinished).catch(() => undefined)
      throw error
    }
  }
}

/** A new private key as PEM: ECDSA on P-256, which all clients and authorities take. */
export function newKey(): string {
  return generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
