import { dirname, sep } from 'node:path'
import { watch } from 'chokidar'

/** How long after the last change a reload begins, in milliseconds: editors write a file in several steps. */
const SETTLED = 100
/** What a site is written in. Files that are served need no reload. */
const CODE = /\.(?:[cm]?[jt]sx?|json|ya?ml)$/

/** What lies beside a site and is not of it, or is what a watcher or a server writes itself. */
const BESIDE = /(?:^|[/\\])(?:node_modules|\.[^/\\]+)(?:[/\\]|$)/

export interface Watch {
  /** Watches these files too, wherever they lie. */
  add(files: readonly string[]): void
  close(): Promise<void>
}

/** Calls back when the code of a site has changed: its config, and what lies in the folder of it and below. */
export function watchCode(config: string, changed: (path: string) => void): Watch {
  const root = dirname(config)
  let timer: NodeJS.Timeout | undefined
  const watcher = watch(root, {
    ignoreInitial: true,
    ignored: (path, stats) =>
      (within(root, path) && BESIDE.test(path.slice(root.length))) || (stats?.isFile() === true && !CODE.test(path)),
  })
  watcher.on('all', (event, path) => {
    if (event === 'addDir' || event === 'unlinkDir') return
    clearTimeout(timer)
    timer = setTimeout(() => changed(path), SETTLED)
  })
  return {
    add: (files) => void watcher.add(files.filter((file) => !within(root, file))),
    close: () => {
      clearTimeout(timer)
      return watcher.close()
    },
  }
}

function within(root: string, path: string): boolean {
  return path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`)
}
