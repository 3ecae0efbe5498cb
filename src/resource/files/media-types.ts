/** Where the library's answer would surprise: TypeScript is no video. */
const OWN: Readonly<Record<string, string>> = {
  '.ts': 'text/plain',
  '.mts': 'text/plain',
  '.cts': 'text/plain',
  '.tsx': 'text/plain',
  '.cjs': 'text/javascript',
  '.jsonl': 'application/jsonl',
}

/** The Content-Type of a file by its name; `types` are the site's own, by suffix with its dot. */
export async function mediaType(name: string, types: Readonly<Record<string, string>>): Promise<string> {
  const suffix = suffixOf(name)
  const type = types[suffix] ?? OWN[suffix] ?? (await registered(suffix)) ?? 'application/octet-stream'
  return type.startsWith('text/') && !type.includes(';') ? `${type}; charset=utf-8` : type
}

type Library = typeof import('mime')

let library: Promise<Library> | undefined

/**
 * Begins to load the library's tables, for those who serve files: a site of programs never needs their two megabytes.
 * Not with the first request: a module that could not be read once, for want of descriptors, stays lost to the process.
 */
export function loadMediaTypes(): Promise<Library> {
  if (library === undefined) {
    library = import('mime')
    // Who asks for a type is told.
    library.catch(() => undefined)
  }
  return library
}

async function registered(suffix: string): Promise<string | null> {
  const { default: mime } = await loadMediaTypes()
  return mime.getType(suffix)
}

/** Whether compressing files of this type saves anything. */
export function isCompressible(type: string): boolean {
  return /^(?:text\/|application\/(?:.*(?:json|xml|javascript)|wasm|manifest)|image\/svg|font\/(?:otf|ttf)|image\/(?:bmp|vnd\.microsoft\.icon))/.test(
    type,
  )
}

/** The suffix of a file name in lower case, with its dot; empty for none, and for `.name`. */
export function suffixOf(name: string): string {
  const base = name.slice(name.lastIndexOf('/') + 1)
  const dot = base.lastIndexOf('.')
  return dot <= 0 ? '' : base.slice(dot).toLowerCase()
}
