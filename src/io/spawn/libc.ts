/**
 * The functions of the C library that a start takes, declared once for both ways of calling them: a wrong declaration
 * would end this process, not throw. All return an int. Constants and sizes are those of 64-bit Linux, alike in glibc
 * and musl, on x64 and arm64; sizes are rounded up a good deal.
 */
export type Kind = 'bytes' | 'text' | 'int' | 'short' | 'size'

export const FUNCTIONS: Readonly<Record<string, readonly Kind[]>> = {
  pipe2: ['bytes', 'int'],
  close: ['int'],
  fcntl: ['int', 'int', 'int'],
  read: ['int', 'bytes', 'size'],
  waitid: ['int', 'int', 'bytes', 'int'],
  sigemptyset: ['bytes'],
  sigfillset: ['bytes'],
  posix_spawn: ['bytes', 'text', 'bytes', 'bytes', 'bytes', 'bytes'],
  posix_spawnattr_init: ['bytes'],
  posix_spawnattr_setflags: ['bytes', 'short'],
  posix_spawnattr_setsigdefault: ['bytes', 'bytes'],
  posix_spawnattr_setsigmask: ['bytes', 'bytes'],
  posix_spawn_file_actions_init: ['bytes'],
  posix_spawn_file_actions_destroy: ['bytes'],
  posix_spawn_file_actions_adddup2: ['bytes', 'int', 'int'],
  posix_spawn_file_actions_addchdir_np: ['bytes', 'text'],
}

/** glibc has it from 2.34, musl not yet. */
export const CLOSE_FROM: Readonly<Record<'posix_spawn_file_actions_addclosefrom_np', readonly Kind[]>> = {
  posix_spawn_file_actions_addclosefrom_np: ['bytes', 'int'],
}

type Int = number
/** The arguments of posix_spawn(3): where the pid goes, the path, file actions, attributes, argv, envp. */
export type SpawnArguments = readonly [
  pid: Buffer,
  path: string,
  actions: Buffer,
  attributes: Buffer,
  argv: Buffer,
  envp: Buffer,
]

/** What `FUNCTIONS` declares, with types. */
export interface LibcFunctions {
  pipe2(ends: Buffer, flags: Int): Int
  close(descriptor: Int): Int
  fcntl(descriptor: Int, command: Int, value: Int): Int
  /** How much was read: 0 at the end, -1 where nothing can be read now. Other than `readSync`, it makes no error of that. */
  read(descriptor: Int, into: Buffer): Int
  waitid(type: Int, id: Int, info: Buffer, options: Int): Int
  sigemptyset(set: Buffer): Int
  sigfillset(set: Buffer): Int
  posix_spawn(...spawnArguments: SpawnArguments): Int
  posix_spawnattr_init(attributes: Buffer): Int
  posix_spawnattr_setflags(attributes: Buffer, flags: Int): Int
  posix_spawnattr_setsigdefault(attributes: Buffer, set: Buffer): Int
  posix_spawnattr_setsigmask(attributes: Buffer, set: Buffer): Int
  posix_spawn_file_actions_init(actions: Buffer): Int
  posix_spawn_file_actions_destroy(actions: Buffer): Int
  posix_spawn_file_actions_adddup2(actions: Buffer, from: Int, to: Int): Int
  posix_spawn_file_actions_addchdir_np(actions: Buffer, folder: string): Int
}

export interface Libc extends LibcFunctions {
  /** Undefined where the library is too old for it. */
  readonly posix_spawn_file_actions_addclosefrom_np: ((actions: Buffer, first: Int) => Int) | undefined
  /** Calls posix_spawn on a thread of its own; undefined where that cannot be done. The buffers must live as long. */
  readonly spawnAside:
    | ((spawnArguments: SpawnArguments, done: (error: unknown, result: Int) => void) => void)
    | undefined
  /** Where the bytes are in memory; they must be outside of the heap (`allocUnsafeSlow`), which moves. */
  addressOf(bytes: Buffer): bigint
}

export const O_CLOEXEC = 0o2000000
export const O_NONBLOCK = 0o4000
export const F_SETFD = 2
export const F_SETFL = 4
export const FD_CLOEXEC = 1

export const P_PID = 1
export const WNOHANG = 1
export const WEXITED = 4
export const WNOWAIT = 0x1000000
/** siginfo_t of waitid(2): the offsets of si_code, si_pid and si_status. */
export const SI_CODE = 8
export const SI_PID = 16
export const SI_STATUS = 24
/** si_code of a process that ended by itself; the others are ended by a signal. */
export const CLD_EXITED = 1

export const POSIX_SPAWN_SETPGROUP = 0x02
export const POSIX_SPAWN_SETSIGDEF = 0x04
export const POSIX_SPAWN_SETSIGMASK = 0x08
export const POSIX_SPAWN_SETSID = 0x80

/** posix_spawnattr_t and posix_spawn_file_actions_t are 336 and 80 bytes, sigset_t and siginfo_t 128. */
export const SIZE_OF_ATTRIBUTES = 512
export const SIZE_OF_ACTIONS = 256
export const SIZE_OF_SIGSET = 128
export const SIZE_OF_SIGINFO = 128

/** Memory that the C library may keep pointers to. */
export function memory(size: number): Buffer {
  return Buffer.allocUnsafeSlow(size).fill(0)
}
