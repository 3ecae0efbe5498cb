/** Thrown where a body has not the size that its head said. */
export class WrongLength extends Error {
  override readonly name: string = 'WrongLength'
}
