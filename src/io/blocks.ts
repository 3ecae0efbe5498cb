/** How much of a file is read and written at once, in bytes: large enough to be quick, small enough for slow clients. */
export const BLOCK_SIZE: number = 512 * 1024

/** While blocks of so many bytes are in use, the next ones are smaller, and beyond twice as many smaller again. */
const MUCH = 32 * 1024 * 1024
const SMALLER = 64 * 1024
const SMALLEST = 16 * 1024

/** Blocks given back, for the next file; at most 16 are kept. */
const POOL_SIZE = 16
const pool: Buffer[] = []
let used = 0

/**
 * A block for the content of one file while a client takes it. Each stream of HTTP/2 has one, and a client can let many
 * thousands wait: so what all have together grows slowly once it is much. @param most Bytes that there is use for.
 */
export function takeBlock(most: number): Buffer {
  const block = used < MUCH ? (pool.pop() ?? Buffer.allocUnsafeSlow(BLOCK_SIZE)) : smallBlock(most)
  used += block.byteLength
  return block
}

export function giveBlock(block: Buffer): void {
  used -= block.byteLength
  if (block.byteLength === BLOCK_SIZE && pool.length < POOL_SIZE) pool.push(block)
}

function smallBlock(most: number): Buffer {
  return Buffer.allocUnsafeSlow(Math.min(most, used < 2 * MUCH ? SMALLER : SMALLEST))
}
