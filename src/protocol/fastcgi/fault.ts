/** The other end does not speak FastCGI as the specification has it. The connection is of no use any more. */
export class FastCgiFault extends Error {
  override readonly name: string = 'FastCgiFault'
}
