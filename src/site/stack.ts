import { readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type FileFacts, factsOf } from '../io/file.ts'

/** One call of a stack. */
export interface Frame {
  /** The line as the engine writes it, without `at`. */
  readonly text: string
  /** Absolute; undefined for what is of no file. */
  readonly file: string | undefined
  /** From 1 on. */
  readonly line: number
  /** Whether it is code of the site: none of Node.js, of an installed package, of Oriel. */
  readonly own: boolean
}

/** Lines of a file round the one that matters. */
export interface Source {
  readonly file: string
  readonly line: number
  /** The number of the first one. */
  readonly first: number
  readonly lines: readonly string[]
}

/** Whose files may be shown. */
export interface Sources {
  /** The folder of the site. */
  readonly base: string
  /** Whether a file is never shown: configs, keys, password files. Takes a real path and facts. */
  readonly withheld: (real: string, facts: FileFacts) => boolean
}

const MOST_FRAMES = 50
const LONGEST_LINE = 1000
const LARGEST_FILE = 1024 * 1024
const AROUND = 6
const IS_CODE = /\.[cm]?[jt]sx?$/
const OWN = `${dirname(dirname(fileURLToPath(import.meta.url)))}${sep}`

/** The calls of a stack as V8 writes it, the innermost first. */
export function framesOf(stack: string): Frame[] {
  const lines = stack.split('\n').filter((line) => line.length <= LONGEST_LINE && /^\s*at \S/.test(line))
  return lines.slice(0, MOST_FRAMES).map((line) => {
    const text = line.trim().slice('at '.length)
    const place = /(?:^|[( ])((?:file:\/\/|\/|[A-Za-z]:[\\/])[^()]*):(\d+):\d+\)?$/.exec(text)
    const file = place?.[1] === undefined ? undefined : pathOf(place[1])
    const own = file !== undefined && !file.includes(`${sep}node_modules${sep}`) && !file.startsWith(OWN)
    return { text, file, line: Number(place?.[2] ?? 0), own }
  })
}

/** The lines round the innermost call of the site's own code whose file may be shown. */
export function sourceOf(frames: readonly Frame[], sources: Sources): Source | undefined {
  for (const { own, file, line } of frames) {
    if (!own || file === undefined) continue
    const lines = linesOf(file, sources)
    if (lines === undefined || line < 1 || line > lines.length) continue
    const first = Math.max(1, line - AROUND)
    return { file, line, first, lines: lines.slice(first - 1, line + AROUND) }
  }
  return undefined
}

/** Only code of the site or its project is read, whatever a stack says: an error may have been made by hand. */
function linesOf(file: string, { base, withheld }: Sources): string[] | undefined {
  try {
    const real = realpathSync.native(file)
    const way = relative(projectOf(realpathSync.native(base)), real)
    const names = way.split(sep)
    if (!IS_CODE.test(real) || names[0] === '..' || names.some((name) => /^(?:\.|node_modules$|[A-Za-z]:)/.test(name)))
      return undefined
    const stats = statSync(real)
    if (!stats.isFile() || stats.size > LARGEST_FILE || withheld(real, factsOf(stats))) return undefined
    return readFileSync(real, 'utf8').split('\n')
  } catch {
    // It is not there any more, or not for this user: then there is no source to see.
    return undefined
  }
}

/** The nearest folder from the site's upwards that has a package.json, else the site's. */
function projectOf(base: string): string {
  for (let folder = base; basename(folder) !== ''; folder = dirname(folder)) {
    if (statSync(join(folder, 'package.json'), { throwIfNoEntry: false })?.isFile() === true) return folder
  }
  return base
}

function pathOf(place: string): string | undefined {
  if (!place.startsWith('file:')) return place
  try {
    return fileURLToPath(place)
  } catch {
    return undefined
  }
}
