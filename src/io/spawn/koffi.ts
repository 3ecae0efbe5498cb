import { CLOSE_FROM, FUNCTIONS, type Kind, type Libc, type LibcFunctions } from './libc.ts'

const TYPES: Readonly<Record<Kind, string>> = {
  bytes: 'void *',
  text: 'const char *',
  int: 'int',
  short: 'short',
  size: 'size_t',
}

/** The C library by koffi, which can call on a thread aside. Throws where the package or a function is missing. */
export async function libcByKoffi(): Promise<Libc> {
  const { default: koffi } = await import('koffi')
  const library = koffi.load(null)
  const declare = (name: string, kinds: readonly Kind[]) =>
    library.func(
      name,
      'int',
      kinds.map((kind) => TYPES[kind]),
    )
  const functions: Record<string, ReturnType<typeof declare>> = {}
  for (const [name, kinds] of Object.entries(FUNCTIONS)) functions[name] = declare(name, kinds)
  const { posix_spawn: spawn, read } = functions
  return {
    ...(functions as unknown as LibcFunctions),
    read: (descriptor, into) => read?.(descriptor, into, into.length),
    posix_spawn_file_actions_addclosefrom_np: closeFrom(declare),
    spawnAside: (spawnArguments, done) => spawn?.async(...spawnArguments, done),
    addressOf: (bytes) => koffi.address(bytes),
  }
}

function closeFrom(
  declare: (name: string, kinds: readonly Kind[]) => (...values: unknown[]) => unknown,
): Libc['posix_spawn_file_actions_addclosefrom_np'] {
  try {
    const [name, kinds] = Object.entries(CLOSE_FROM)[0] ?? ['', []]
    return declare(name, kinds) as Libc['posix_spawn_file_actions_addclosefrom_np']
  } catch {
    // An older library: see `Attributes`, which marks what is open instead.
    return undefined
  }
}
