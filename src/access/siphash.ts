/**
 * SipHash-2-4 with a tag of 128 bits (Aumasson and Bernstein, 2012), over the octets of a text: a pseudorandom function for
 * as long as its key is secret. In halves of 32 bits, which is what JavaScript counts in.
 */
export class SipHash {
  /** The tag of the last text, in four words. */
  a = 0
  b = 0
  c = 0
  d = 0
  readonly #k0: number
  readonly #k1: number
  readonly #k2: number
  readonly #k3: number

  /** @param key 16 octets. @throws TypeError for another number of them. */
  constructor(key: Uint8Array) {
    if (key.byteLength !== 16) throw new TypeError('a key of SipHash has 16 octets')
    const words = new DataView(key.buffer, key.byteOffset, 16)
    this.#k0 = words.getInt32(0, true)
    this.#k1 = words.getInt32(4, true)
    this.#k2 = words.getInt32(8, true)
    this.#k3 = words.getInt32(12, true)
  }

  /** Makes the tag of a text. False where the text has a character that is no octet: then there is none. */
  hash(text: string): boolean {
    const size = text.length
    const blocks = size >>> 3
    // Each word of 64 bits in two: l is its low half, h its high one.
    let l0 = this.#k0 ^ 0x70736575
    let h0 = this.#k1 ^ 0x736f6d65
    let l1 = this.#k2 ^ 0x6e646f6d ^ 0xee
    let h1 = this.#k3 ^ 0x646f7261
    let l2 = this.#k0 ^ 0x6e657261
    let h2 = this.#k1 ^ 0x6c796765
    let l3 = this.#k2 ^ 0x79746573
    let h3 = this.#k3 ^ 0x74656462
    let all = 0
    for (let step = 0; step < blocks + 3; step++) {
      let low = 0
      let high = 0
      if (step < blocks) {
        const at = step << 3
        const e = text.charCodeAt(at + 3)
        const i = text.charCodeAt(at + 7)
        low = text.charCodeAt(at) | (text.charCodeAt(at + 1) << 8) | (text.charCodeAt(at + 2) << 16)
        high = text.charCodeAt(at + 4) | (text.charCodeAt(at + 5) << 8) | (text.charCodeAt(at + 6) << 16)
        low |= e << 24
        high |= i << 24
      } else if (step === blocks) {
        for (let at = size - 1; at >= blocks << 3; at--) {
          high = (high << 8) | (low >>> 24)
          low = (low << 8) | text.charCodeAt(at)
        }
        high |= size << 24
      } else if (step === blocks + 1) l2 ^= 0xee
      else l1 ^= 0xdd
      l3 ^= low
      h3 ^= high
      for (let round = step > blocks ? 4 : 2; round > 0; round--) {
        let t = (l0 + l1) | 0
        h0 = (h0 + h1 + (t >>> 0 < l1 >>> 0 ? 1 : 0)) | 0
        l0 = t
        t = (l1 << 13) | (h1 >>> 19)
        h1 = ((h1 << 13) | (l1 >>> 19)) ^ h0
        l1 = t ^ l0
        t = l0
        l0 = h0
        h0 = t
        t = (l2 + l3) | 0
        h2 = (h2 + h3 + (t >>> 0 < l3 >>> 0 ? 1 : 0)) | 0
        l2 = t
        t = (l3 << 16) | (h3 >>> 16)
        h3 = ((h3 << 16) | (l3 >>> 16)) ^ h2
        l3 = t ^ l2
        t = (l0 + l3) | 0
        h0 = (h0 + h3 + (t >>> 0 < l3 >>> 0 ? 1 : 0)) | 0
        l0 = t
        t = (l3 << 21) | (h3 >>> 11)
        h3 = ((h3 << 21) | (l3 >>> 11)) ^ h0
        l3 = t ^ l0
        t = (l2 + l1) | 0
        h2 = (h2 + h1 + (t >>> 0 < l1 >>> 0 ? 1 : 0)) | 0
        l2 = t
        t = (l1 << 17) | (h1 >>> 15)
        h1 = ((h1 << 17) | (l1 >>> 15)) ^ h2
        l1 = t ^ l2
        t = l2
        l2 = h2
        h2 = t
      }
      l0 ^= low
      h0 ^= high
      if (step === blocks + 1) {
        this.a = l0 ^ l1 ^ l2 ^ l3
        this.b = h0 ^ h1 ^ h2 ^ h3
      }
    }
    this.c = l0 ^ l1 ^ l2 ^ l3
    this.d = h0 ^ h1 ^ h2 ^ h3
    for (let at = 0; at < size; at++) all |= text.charCodeAt(at)
    return all < 256
  }
}
