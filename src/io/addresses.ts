import { BlockList, isIP, type Socket } from 'node:net'

/** A set of networks: addresses, CIDR ranges, `loopback`, `private` (RFC 1918, RFC 4193), and `unix` for Unix sockets. */
export interface Networks {
  /** Takes an address as a socket tells it; the empty text stands for a Unix socket. */
  has(address: string): boolean
}

const NAMED: ReadonlyMap<string, readonly string[]> = new Map([
  ['loopback', ['127.0.0.0/8', '::1/128']],
  ['private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']],
])

/** @throws TypeError for an entry that is no network. */
export function networks(entries: readonly string[]): Networks {
  const list = new BlockList()
  let unix = false
  for (const entry of entries.flatMap((entry) => NAMED.get(entry) ?? [entry])) {
    if (entry === 'unix') unix = true
    else addNetwork(list, entry)
  }
  return {
    has(address) {
      const plain = plainAddress(address)
      const version = isIP(plain)
      return version === 0 ? unix && address === '' : list.check(plain, version === 4 ? 'ipv4' : 'ipv6')
    },
  }
}

function addNetwork(list: BlockList, entry: string): void {
  const [address = '', bits, ...rest] = entry.split('/')
  const version = isIP(address)
  const width = version === 4 ? 32 : 128
  const prefix = bits === undefined ? width : /^\d{1,3}$/.test(bits) ? Number(bits) : -1
  if (version === 0 || prefix < 0 || prefix > width || rest.length > 0) {
    throw new TypeError(
      `${JSON.stringify(entry)} is no network: give an address, a range such as 10.0.0.0/8, loopback, private or unix`,
    )
  }
  list.addSubnet(address, prefix, version === 4 ? 'ipv4' : 'ipv6')
}

/** An IPv4 address that came over an IPv6 socket, as itself; a zone index is dropped. */
export function plainAddress(address: string): string {
  const plain = address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
  const zone = plain.indexOf('%')
  return zone < 0 ? plain : plain.slice(0, zone)
}

/**
 * The address of the other end of a socket: empty for a Unix socket. A TCP client that reset its connection before it was
 * accepted has none either, though what it sent is read: it is `unknown`, and must not pass for one on this machine.
 */
export function peerAddress({ remoteAddress, localAddress, destroyed }: Ends): string {
  if (remoteAddress !== undefined) return plainAddress(remoteAddress)
  return localAddress === undefined && destroyed !== true ? '' : 'unknown'
}

type Ends = Partial<Pick<Socket, 'remoteAddress' | 'localAddress' | 'destroyed'>>

export function isLoopback(address: string): boolean {
  const plain = plainAddress(address)
  return plain === '' || plain === '::1' || plain.startsWith('127.')
}
