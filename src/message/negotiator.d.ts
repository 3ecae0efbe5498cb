/** The part of the library that is used; it comes without types of its own. */
declare module 'negotiator' {
  export default class Negotiator {
    constructor(request: { readonly headers: Readonly<Record<string, string>> })
    encodings(available: readonly string[], options: { readonly preferred: readonly string[] }): string[]
    mediaType(available: readonly string[]): string | undefined
  }
}
