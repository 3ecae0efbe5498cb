import type { ReadStream } from 'node:tty'

const BACKSPACES = ['\x7f', '\b']
const CONTROL_U = '\x15'
/** Control-C and Control-D. */
const GIVE_UP = ['\x03', '\x04']
/** Bytes of a line of standard input that are looked at. */
const MOST = 4096

/**
 * Asks somebody at a terminal, who sees nothing of what is typed; one question after the other, on standard error.
 * @throws Error where they give up.
 */
export async function askAtTerminal(input: ReadStream, questions: readonly string[]): Promise<string[]> {
  const answers: string[] = []
  let typed: string[] = []
  const print = (text: string): boolean => process.stderr.write(text)
  input.setRawMode(true)
  input.setEncoding('utf8')
  try {
    print(questions[0] ?? '')
    for await (const text of input.iterator({ destroyOnReturn: false }) as AsyncIterable<string>) {
      for (const character of text) {
        if (GIVE_UP.includes(character)) throw new Error('given up; nothing was changed')
        if (BACKSPACES.includes(character)) typed.pop()
        else if (character === CONTROL_U) typed = []
        else if (character !== '\r' && character !== '\n') typed.push(character)
        else {
          answers.push(typed.join(''))
          typed = []
          if (answers.length === questions.length) return answers
          print(`\n${questions[answers.length]}`)
        }
      }
    }
    throw new Error('the terminal has gone; nothing was changed')
  } finally {
    print('\n')
    input.setRawMode(false)
    input.pause()
  }
}

/** The first line of what a program sends; undefined where it sends nothing. @throws Error where it is not UTF-8. */
export async function firstLine(input: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  let read = Buffer.alloc(0)
  for await (const chunk of input) {
    read = Buffer.concat([read, chunk])
    if (read.includes('\n') || read.length > MOST) break
  }
  if (read.length === 0) return undefined
  const end = read.indexOf('\n')
  const line = end < 0 ? read : read.subarray(0, end)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line).replace(/\r$/, '')
  } catch {
    throw new Error('the password on standard input is not UTF-8')
  }
}
