import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionFault } from './codes.ts'
import { ClientSettings, serverSettings, takeSettings } from './settings.ts'

function payload(...values: readonly (readonly [number, number])[]): Buffer {
  const bytes = Buffer.alloc(values.length * 6)
  values.forEach(([name, value], i) => {
    bytes.writeUInt16BE(name, i * 6)
    bytes.writeUInt32BE(value, i * 6 + 2)
  })
  return bytes
}

function take(bytes: Buffer): ClientSettings {
  const settings = new ClientSettings()
  takeSettings(settings, Buffer.concat([Buffer.from('xx'), bytes]), 2, bytes.length + 2)
  return settings
}

test('what a client does not say is as every client begins', () => {
  assert.deepEqual({ ...take(payload()) }, { initialWindow: 65535, tableSize: 4096 })
})

test('of a setting that is said twice the last one counts, and unknown ones are passed over', () => {
  const settings = take(
    payload([4, 1], [1, 7], [0x4242, 9], [4, 2 ** 31 - 1], [2, 1], [3, 0], [5, 2 ** 24 - 1], [6, 1]),
  )
  assert.deepEqual({ ...settings }, { initialWindow: 2 ** 31 - 1, tableSize: 7 })
})

for (const [what, values, code] of [
  ['ENABLE_PUSH of 2', [2, 2], 1],
  ['INITIAL_WINDOW_SIZE of 2^31', [4, 2 ** 31], 3],
  ['INITIAL_WINDOW_SIZE of 2^32 - 1', [4, 2 ** 32 - 1], 3],
  ['MAX_FRAME_SIZE of 2^14 - 1', [5, 2 ** 14 - 1], 1],
  ['MAX_FRAME_SIZE of 2^24', [5, 2 ** 24], 1],
] as const) {
  test(`${what} is refused with code ${code}`, () => {
    assert.throws(
      () => take(payload(values)),
      (error) => error instanceof ConnectionFault && error.code === code,
    )
  })
}

test('a part of a setting is refused', () => {
  assert.throws(
    () => take(payload([1, 1]).subarray(0, 5)),
    (error) => error instanceof ConnectionFault && error.code === 6,
  )
})

test('our settings are what a client would read, and no limit is the largest number', () => {
  const bytes = Buffer.from(serverSettings(Number.POSITIVE_INFINITY, 65536, 100))
  assert.deepEqual(bytes, payload([3, 2 ** 32 - 1], [4, 65536], [6, 100], [9, 1]))
})
