import { existsSync, readFileSync, statSync } from 'node:fs'
import { BCRYPT_BYTES, MAX_PASSWORD, matches, newHash } from '../access/stores/hashes.ts'
import { wrongName } from '../access/stores/lines.ts'
import { passwordOf, withoutUser, withPassword } from '../access/stores/password-lines.ts'
import { ConfigError } from '../config/config.ts'
import { editFile } from '../io/edit-file.ts'
import { askAtTerminal, firstLine } from './secret.ts'

export interface PasswdOptions {
  readonly delete?: true
  readonly verify?: true
  /** As htpasswd(1) has it: refused. */
  readonly b?: true
}

/**
 * `oriel passwd`: sets, checks or deletes a password in a file.
 * @param operands All that stood in the command line, file and name too. @throws ConfigError for what cannot be meant.
 */
export async function passwdCommand(
  file: string,
  name: string,
  options: PasswdOptions,
  operands: readonly string[],
): Promise<number> {
  if (options.b === true || operands.length > 2) {
    throw new ConfigError(
      'a password is never taken from the command line, where all users of the machine can read it and the shell keeps it. Leave it out to be asked for it, or send it to standard input.',
    )
  }
  const wrong = wrongName(name)
  if (wrong !== undefined) throw new ConfigError(`the name ${wrong}`)
  if (options.delete === true && options.verify === true) throw new ConfigError('choose one of --delete and --verify')
  const there = existsSync(file)
  if (there && !statSync(file).isFile()) throw new ConfigError(`${file} is no file`)
  if (!there && (options.delete ?? options.verify) === true) throw new ConfigError(`there is no file ${file}`)
  const told = await (options.delete === true ? remove : options.verify === true ? verify : set)(file, name)
  process.stdout.write(`${told}\n`)
  return 0
}

async function set(file: string, name: string): Promise<string> {
  const password = await asked([`New password of ${name}: `, 'Again: '])
  if (password === '') throw new ConfigError('the password is empty; nothing was changed')
  // RFC 7617 §2
  if (/\p{Cc}/u.test(password)) throw new ConfigError('the password has a control character, which HTTP does not carry')
  const size = Buffer.byteLength(password)
  if (size > MAX_PASSWORD) throw new ConfigError(`the password has ${size} bytes, and may have ${MAX_PASSWORD}`)
  if (size > BCRYPT_BYTES) {
    process.stderr.write(
      `oriel: the password has ${size} bytes, of which bcrypt takes the first ${BCRYPT_BYTES}: those behind them count for nothing.\n`,
    )
  }
  const hash = newHash(password)
  let known = false
  const edited = await editFile(file, (bytes = new Uint8Array()) => {
    known = withoutUser(bytes, name) !== undefined
    return withPassword(bytes, name, hash)
  })
  if (edited === 'made') return `Made ${file}, which only its owner may read, with a password for ${name}.`
  return known ? `Changed the password of ${name} in ${file}.` : `Added ${name} to ${file}.`
}

async function remove(file: string, name: string): Promise<string> {
  const edited = await editFile(file, (bytes) => bytes && withoutUser(bytes, name))
  if (edited === 'kept') throw new Error(`there is no ${name} in ${file}`)
  return `Removed ${name} from ${file}.`
}

async function verify(file: string, name: string): Promise<string> {
  const hash = passwordOf(readFileSync(file), file, name)
  if (hash === undefined) throw new Error(`there is no ${name} in ${file}`)
  if (!matches(await asked([`Password of ${name}: `]), hash)) throw new Error(`this is not the password of ${name}`)
  return `This is the password of ${name}.`
}

/** A password from whoever sits at the terminal, who types it as often as there are questions, or from a program. */
async function asked(questions: readonly string[]): Promise<string> {
  if (!process.stdin.isTTY) {
    const line = await firstLine(process.stdin)
    if (line === undefined) throw new ConfigError('no password came on standard input')
    return line
  }
  const [password = '', ...again] = await askAtTerminal(process.stdin, questions)
  if (again.some((other) => other !== password)) throw new Error('the two passwords differ; nothing was changed')
  return password
}
