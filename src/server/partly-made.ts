/** Thrown by a reload that was made, but for a part: the new config is served, one of its addresses perhaps is not. */
export class PartlyMade extends Error {
  override readonly name: string = 'PartlyMade'
}
