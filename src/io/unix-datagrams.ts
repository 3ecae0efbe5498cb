/** Datagrams to a Unix socket, which Node has none of. */
export interface UnixDatagrams {
  /** @returns False where the receiver has no room now. @throws Error where nobody receives. */
  send(message: Uint8Array): boolean
  close(): void
}

/* <sys/socket.h> and <errno.h> of Linux, the same on x64 and arm64. */
const AF_UNIX = 1
const SOCK_DGRAM = 2
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
const MSG_DONTWAIT = 0x40
const MSG_NOSIGNAL = 0x4000
const EAGAIN = 11
const EMSGSIZE = 90
const ENOBUFS = 105
/** `sun_path` of unix(7), its end included. */
const PATH_SIZE = 108

/** Opens a way to a socket by the C library. @throws Error that says why there is none: the receiver may be gone. */
export async function openDatagrams(path: string): Promise<UnixDatagrams> {
  if (process.platform !== 'linux') throw new Error('Unix sockets of daemons are for Linux: give udp: or tcp:')
  const { default: koffi } = await import('koffi')
  const library = koffi.load(null)
  const socket = library.func('int socket(int, int, int)')
  const connect = library.func('int connect(int, void *, uint32_t)')
  const send = library.func('long send(int, void *, size_t, int)')
  const close = library.func('int close(int)')
  const why = (what: string): Error => new Error(`${path}: ${what} failed (${nameOf(koffi.errno(), koffi.os.errno)})`)

  const name = Buffer.from(path)
  if (name.byteLength >= PATH_SIZE) throw new Error(`${path} is too long for a socket`)
  const address = Buffer.alloc(2 + PATH_SIZE)
  new Uint16Array(address.buffer, address.byteOffset, 1)[0] = AF_UNIX
  name.copy(address, 2)
  const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) as number
  if (fd < 0) throw why('socket')
  if ((connect(fd, address, address.byteLength) as number) < 0) {
    const error = why('connect')
    close(fd)
    throw error
  }
  return {
    send(message) {
      if ((send(fd, message, message.byteLength, MSG_DONTWAIT | MSG_NOSIGNAL) as number) >= 0) return true
      const code = koffi.errno()
      if (code === EAGAIN || code === ENOBUFS) return false
      // Longer than its receiver takes: it never will.
      if (code === EMSGSIZE) return true
      throw why('send')
    },
    close: () => void close(fd),
  }
}

function nameOf(number: number, names: Readonly<Record<string, number>>): string {
  return Object.entries(names).find(([, one]) => one === number)?.[0] ?? String(number)
}
