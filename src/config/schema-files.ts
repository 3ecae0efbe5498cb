import * as v from 'valibot'
import { Headers } from '../message/headers.ts'
import type { FilesOptions, WriteOptions } from '../resource/files/options.ts'
import { filled, map, need, number, object, objection, text, texts, yes } from './parts.ts'

const fieldValue = v.pipe(
  v.string(),
  v.check(
    (value) => objection(() => new Headers({ value })) === undefined,
    'has a character that no field value may have',
  ),
)

const write = object<WriteOptions>(
  { sync: yes('Whether a PUT is answered only when its content is on the disk. Default: `true`.') },
  'How files are written.',
)

type Keys<T> = { readonly [K in keyof Required<T>]: v.GenericSchema }

/** The keys of a folder of files. */
export const fileKeys: Keys<FilesOptions> = {
  root: need(text('The folder.')),
  index: texts('The files that stand for a folder, the first that exists. Default: `["index.html"]`.'),
  listing: yes('Whether a folder without index page shows what is in it. Default: `false`.'),
  try: texts('Paths to try, the first that exists; `*` is the path asked for: `["*", "*.html"]`.'),
  spa: v.optional(
    v.pipe(
      v.union([v.boolean(), filled()]),
      v.description(
        'The page that answers navigations to paths that do not exist; `true` for `/index.html`. Default: `false`.',
      ),
    ),
  ),
  precompressed: yes('Whether `page.html.br`, `.zst` and `.gz` stand in for `page.html`. Default: `true`.'),
  dotfiles: yes('Whether names that begin with a dot are served; `.well-known` always is. Default: `false`.'),
  symlinks: yes('Whether links may lead out of the folder. Default: `false`.'),
  cacheControl: v.optional(
    v.pipe(
      v.union([fieldValue, map(v.string(), fieldValue)]),
      v.description(
        'The Cache-Control of all files, or by pattern, the first that fits: `{ "/assets/*": "max-age=31536000, immutable" }`.',
      ),
    ),
  ),
  write: v.optional(
    v.pipe(
      v.union([v.boolean(), write]),
      v.description(
        'Whether files and folders are made, replaced and removed by PUT, MKCOL and DELETE; to be guarded. Default: `false`.',
      ),
    ),
  ),
  memory: number('Bytes of small files to keep in memory; 0 keeps none. Default: 67108864.'),
}

/** What a folder of files is told. */
export const files: v.GenericSchema = object<FilesOptions>(fileKeys, 'A folder of files.')
