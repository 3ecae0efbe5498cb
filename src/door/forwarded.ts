import { isIP } from 'node:net'
import { type Networks, plainAddress } from '../io/addresses.ts'
import type { ClientFacts } from '../message/connection.ts'
import { listMembers, trimOws } from '../message/fields.ts'
import type { Headers } from '../message/headers.ts'
import type { FactsOfSocket } from './socket-facts.ts'

interface Hop {
  /** The address of whom the proxy got the request from; undefined where it does not tell. */
  readonly from: string | undefined
  readonly secure: boolean | undefined
}

/** Who the client is, where a trusted proxy tells it; undefined where the socket tells it. */
export function clientOf(trusted: Networks, facts: FactsOfSocket, headers: Headers): ClientFacts | undefined {
  if (!trusted.has(facts.remote.address)) return undefined
  const client = clientBehind(facts.remote.address, facts.secure, headers, trusted)
  const requestId = headers.get('x-request-id')
  return requestId === null ? client : { ...client, requestId }
}

/**
 * Who the client is behind trusted proxies: from the nearest hop outwards, each is believed as long as the one that
 * told it is trusted (RFC 7239 §5.2, §8.1). Where Forwarded and X-Forwarded-For disagree, a client wrote one of them
 * and the proxy passed it on: neither is believed, and the address is `unknown`. It is not the proxy's: that would let
 * any client be taken for somebody on this machine.
 */
export function clientBehind(peer: string, secure: boolean, headers: Headers, trusted: Networks): ClientFacts {
  const seen = { address: plainAddress(peer), secure }
  const hops = hopsOf(headers)
  if (hops === undefined) return { address: 'unknown', secure }
  for (let i = hops.length - 1; i >= 0; i--) {
    const hop = hops[i]
    const asSocket = i === hops.length - 1 ? peer : seen.address
    if (hop === undefined || !trusted.has(asSocket)) break
    if (hop.secure !== undefined) seen.secure = hop.secure
    if (hop.from === undefined) break
    seen.address = hop.from
  }
  return seen
}

/** Undefined where it cannot be told which part of the fields the proxy wrote. */
function hopsOf(headers: Headers): readonly Hop[] | undefined {
  const standard = headers.get('forwarded')
  const common = headers.get('x-forwarded-for')
  const scheme = headers.get('x-forwarded-proto')
  if (standard === null) return commonHops(common, scheme)
  const members = listMembers(standard)
  // A client that opens a quoted string swallows by it what the proxy adds behind.
  if (members.length !== standard.split(',').filter((member) => trimOws(member) !== '').length) return undefined
  const hops = members.map(forwardedHop)
  if (common === null) return hops
  const other = commonHops(common, scheme)
  if (other.length !== hops.length || !other.every((hop, i) => agree(hop, hops[i]))) return undefined
  // A scheme that only one of them tells is perhaps the client's word, who knows its own address and can agree on that.
  return hops.map((hop, i) => (hop.secure === other[i]?.secure ? hop : { from: hop.from, secure: undefined }))
}

function agree(one: Hop, other: Hop | undefined): boolean {
  if (one.from !== other?.from) return false
  return one.secure === undefined || other?.secure === undefined || one.secure === other.secure
}

function commonHops(addresses: string | null, schemes: string | null): readonly Hop[] {
  const froms = addresses === null ? [] : addresses.split(',').map((text) => addressOf(text.trim()))
  const protos = schemes === null ? [] : schemes.split(',').map((text) => schemeOf(text.trim()))
  if (froms.length === 0) return protos.slice(-1).map((secure) => ({ from: undefined, secure }))
  // One scheme for a list of addresses is the word of the nearest proxy, which wrote the last address.
  return froms.map((from, i) => ({ from, secure: protos[i - froms.length + protos.length] }))
}

function forwardedHop(member: string): Hop {
  let from: string | undefined
  let secure: boolean | undefined
  for (const m of member.matchAll(/(?:^|;)\s*([!#$%&'*+\-.^`|~\w]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*))/g)) {
    const value = (m[2] ?? m[3] ?? '').replace(/\\(.)/g, '$1')
    if (m[1]?.toLowerCase() === 'for') from = addressOf(value)
    else if (m[1]?.toLowerCase() === 'proto') secure = schemeOf(value)
  }
  return { from, secure }
}

/** An address with or without port and brackets; undefined for names such as `unknown` and `_hidden`. */
function addressOf(text: string): string | undefined {
  const m = /^\[([^\]]*)\](?::\d+)?$/.exec(text) ?? /^([\d.]+):\d+$/.exec(text)
  const address = plainAddress(m?.[1] ?? text)
  return isIP(address) === 0 ? undefined : address
}

function schemeOf(text: string): boolean | undefined {
  const scheme = text.toLowerCase()
  return scheme === 'https' || scheme === 'wss' ? true : scheme === 'http' || scheme === 'ws' ? false : undefined
}
