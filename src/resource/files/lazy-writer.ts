import type { Locate } from './locate.ts'
import type { FilesOptions, FilesPlace } from './options.ts'
import type { Writer } from './write.ts'

type Library = typeof import('./write.ts')

let library: Promise<Library> | undefined

/** Begins to load what writes, for those who have folders that are written: most sites have none. */
export function loadWriting(): Promise<Library> {
  if (library === undefined) {
    library = import('./write.ts')
    // Who writes is told.
    library.catch(() => undefined)
  }
  return library
}

/** A writer that is loaded by the time that it is asked. */
export function lazyWriter(
  options: FilesOptions,
  place: FilesPlace,
  locate: Locate,
  keeps: (size: number) => boolean,
): Writer {
  const made = loadWriting().then(({ writer }) => writer(options, place, locate, keeps))
  made.catch(() => undefined)
  const handler = (method: keyof Writer['methods']): Writer['methods']['PUT'] => {
    return async (request, connection) => (await made).methods[method](request, connection)
  }
  return {
    methods: { PUT: handler('PUT'), DELETE: handler('DELETE'), MKCOL: handler('MKCOL') },
    explain: async (request) => (await made).explain(request),
  }
}
