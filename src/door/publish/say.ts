/** Says a line to whoever started this program by hand: where its objects are (as `print nitwit.IluSBH()` of the ILU paper). */
export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
