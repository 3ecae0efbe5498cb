/** A value in DER (ITU-T X.690): as many kinds as a certificate of our own is made of. */
export type Der = Buffer

const INTEGER = 0x02
const BIT_STRING = 0x03
const OCTET_STRING = 0x04
const OBJECT_IDENTIFIER = 0x06
const UTF8_STRING = 0x0c
const UTC_TIME = 0x17
const GENERALIZED_TIME = 0x18
const SEQUENCE = 0x30
const SET = 0x31
const CONTEXT = 0x80
const CONSTRUCTED = 0x20

/** Tag, length (X.690 §8.1.3, the shortest form: §10.1), content. */
function value(tag: number, content: Uint8Array): Der {
  const size = content.byteLength
  const octets: number[] = []
  for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256)
  const length = size < 0x80 ? [size] : [0x80 | octets.length, ...octets]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}

export function sequence(...members: readonly Uint8Array[]): Der {
  return value(SEQUENCE, Buffer.concat(members))
}

/** A set of one: for more, DER asks for an order. */
export function setOf(member: Uint8Array): Der {
  return value(SET, member)
}

/** A number from 0 on, by its octets. */
export function integer(octets: Uint8Array): Der {
  let from = 0
  while (from < octets.byteLength - 1 && octets[from] === 0) from++
  const short = octets.subarray(from)
  // A first bit that is set would make it negative.
  return value(INTEGER, (short[0] ?? 0) >= 0x80 || short.byteLength === 0 ? Buffer.from([0, ...short]) : short)
}

/** Bits, as many of the last octet left out as are unused. */
export function bitString(octets: Uint8Array, unused: number = 0): Der {
  return value(BIT_STRING, Buffer.from([unused, ...octets]))
}

export function octetString(octets: Uint8Array): Der {
  return value(OCTET_STRING, octets)
}

export function utf8String(text: string): Der {
  return value(UTF8_STRING, Buffer.from(text))
}

export function yes(): Der {
  return Buffer.from([0x01, 0x01, 0xff])
}

/** An identifier from its numbers with dots. */
export function identifier(text: string): Der {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  const octets = [40 * first + second, ...rest].flatMap((number) => {
    const digits = [number % 128]
    for (let more = Math.floor(number / 128); more > 0; more = Math.floor(more / 128))
      digits.unshift(128 + (more % 128))
    return digits
  })
  return value(OBJECT_IDENTIFIER, Buffer.from(octets))
}

/** A time, to the second: by two digits of the year until 2049 (RFC 5280 §4.1.2.5). */
export function time(date: Date): Der {
  const digits = `${date.toISOString().replace(/[-:T]|\.\d+Z$/g, '')}Z`
  const short = date.getUTCFullYear() >= 1950 && date.getUTCFullYear() < 2050
  return value(short ? UTC_TIME : GENERALIZED_TIME, Buffer.from(short ? digits.slice(2) : digits))
}

/** What its place in a structure tells, by a number: around another value, or instead of its tag. */
export function tagged(number: number, content: Uint8Array, around: boolean): Der {
  return value(CONTEXT | (around ? CONSTRUCTED : 0) | number, content)
}
