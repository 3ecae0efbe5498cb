import { CLOSE_FROM, FUNCTIONS, type Kind, type Libc, type LibcFunctions } from './libc.ts'

/** What we use of node:ffi, which the types of Node 20 do not know. */
interface NodeFfi {
  dlopen(path: null, signatures: Readonly<Record<string, Signature>>): { functions: Record<string, unknown> }
  getRawPointer(bytes: Buffer): bigint
}

interface Signature {
  readonly return: string
  readonly arguments: readonly string[]
}

const TYPES: Readonly<Record<Kind, string>> = {
  bytes: 'buffer',
  text: 'string',
  int: 'i32',
  short: 'i16',
  size: 'u64',
}

/** The C library by Node's own calls (from Node 26.1, experimental). Throws where Node or a function is missing. */
export function libcByNode(): Libc {
  const ffi = process.getBuiltinModule('node:ffi') as unknown as NodeFfi | undefined
  if (ffi === undefined) throw new Error('this Node.js has no node:ffi')
  const functions = open(ffi, FUNCTIONS)
  const read = functions.read as (descriptor: number, into: Buffer, size: bigint) => number
  return {
    ...(functions as unknown as LibcFunctions),
    read: (descriptor, into) => read(descriptor, into, BigInt(into.length)),
    posix_spawn_file_actions_addclosefrom_np: closeFrom(ffi),
    spawnAside: undefined,
    addressOf: (bytes) => ffi.getRawPointer(bytes),
  }
}

function open(ffi: NodeFfi, functions: Readonly<Record<string, readonly Kind[]>>): Record<string, unknown> {
  const signatures = Object.entries(functions).map(([name, kinds]): [string, Signature] => [
    name,
    { return: 'i32', arguments: kinds.map((kind) => TYPES[kind]) },
  ])
  // A copy: the object of node:ffi has no prototype and may be bound to its library.
  return { ...ffi.dlopen(null, Object.fromEntries(signatures)).functions }
}

function closeFrom(ffi: NodeFfi): Libc['posix_spawn_file_actions_addclosefrom_np'] {
  try {
    return Object.values(open(ffi, CLOSE_FROM))[0] as Libc['posix_spawn_file_actions_addclosefrom_np']
  } catch {
    return undefined
  }
}
