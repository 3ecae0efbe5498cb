import { HpackError } from './errors.ts'
import { CODE_BITS, CODES, EOS } from './huffman-code.ts'

// The code is read half a byte at a time by a machine whose states are the inner nodes of the code's tree. As no code is
// shorter than five bits, a step ends one symbol at most. A step holds the next state, the symbol, and these:
const SYMBOL_SHIFT = 8
const EMITS_SHIFT = 16
const IS_EOS = 1 << 17

const TREE = makeTree()
const STEPS = makeSteps()
const MAY_END = makeEnds()

/**
 * Decodes a Huffman string into `out`, which has room for 8 bytes for each 5 of the string; returns how many it has got.
 * @throws HpackError for EOS inside, and padding that is longer than 7 bits or not of ones (RFC 7541 §5.2).
 */
export function decodeHuffman(bytes: Uint8Array, from: number, to: number, out: Uint8Array): number {
  let state = 0
  let size = 0
  let seen = 0
  for (let i = from; i < to; i++) {
    const byte = bytes[i] as number
    const high = STEPS[(state << 4) | (byte >> 4)] as number
    out[size] = high >> SYMBOL_SHIFT
    size += (high >> EMITS_SHIFT) & 1
    const low = STEPS[((high & 255) << 4) | (byte & 15)] as number
    out[size] = low >> SYMBOL_SHIFT
    size += (low >> EMITS_SHIFT) & 1
    seen |= high | low
    state = low & 255
  }
  checkEnd(state, seen)
  return size
}

/** The size of a Huffman string when decoded, in bytes. @throws HpackError as `decodeHuffman` does. */
export function measureHuffman(bytes: Uint8Array, from: number, to: number): number {
  let state = 0
  let size = 0
  let seen = 0
  for (let i = from; i < to; i++) {
    const byte = bytes[i] as number
    const high = STEPS[(state << 4) | (byte >> 4)] as number
    const low = STEPS[((high & 255) << 4) | (byte & 15)] as number
    size += ((high >> EMITS_SHIFT) & 1) + ((low >> EMITS_SHIFT) & 1)
    seen |= high | low
    state = low & 255
  }
  checkEnd(state, seen)
  return size
}

function checkEnd(state: number, seen: number): void {
  if ((seen & IS_EOS) !== 0) throw new HpackError('a Huffman string has EOS inside')
  if (MAY_END[state] !== 1) throw new HpackError('a Huffman string ends with wrong padding')
}

/** The two children of each inner node, the root first; a leaf is the complement of its symbol. */
function makeTree(): Int16Array {
  const tree = new Int16Array(2 * EOS)
  let nodes = 1
  for (let symbol = 0; symbol <= EOS; symbol++) {
    const code = CODES[symbol] as number
    let node = 0
    for (let bit = (CODE_BITS[symbol] as number) - 1; bit > 0; bit--) {
      const way = 2 * node + ((code >>> bit) & 1)
      if (tree[way] === 0) tree[way] = nodes++
      node = tree[way] as number
    }
    tree[2 * node + (code & 1)] = ~symbol
  }
  return tree
}

function makeSteps(): Uint32Array {
  const steps = new Uint32Array(16 * EOS)
  for (let at = 0; at < steps.length; at++) {
    let node = at >> 4
    let found = 0
    for (let bit = 3; bit >= 0; bit--) {
      node = TREE[2 * node + ((at >> bit) & 1)] as number
      if (node >= 0) continue
      const symbol = ~node
      found = symbol === EOS ? IS_EOS : (1 << EMITS_SHIFT) | (symbol << SYMBOL_SHIFT)
      node = 0
    }
    steps[at] = found | node
  }
  return steps
}

/** Which states may be the last one: those that the first 0 to 7 bits of EOS lead to. */
function makeEnds(): Uint8Array {
  const ends = new Uint8Array(EOS)
  let node = 0
  for (let bits = 0; bits <= 7; bits++) {
    ends[node] = 1
    node = TREE[2 * node + 1] as number
  }
  return ends
}
