import assert from 'node:assert/strict'
import { appendFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { makeFolder, patterned } from '../../test/support/folder.ts'
import { openFiles } from '../../test/support/open-files.ts'
import { cancelBody, readAll } from '../message/body.ts'
import { BLOCK_SIZE } from './blocks.ts'
import { FileChanged, factsOf, stat } from './file.ts'
import { FileBody } from './file-body.ts'

const SIZE = 3 * BLOCK_SIZE + 1234
const CONTENT = patterned(SIZE)

async function bodyOver(content: Uint8Array): Promise<{ body: FileBody; path: string; folder: string }> {
  const folder = makeFolder({ file: content })
  const path = join(folder, 'file')
  return { body: new FileBody(path, factsOf(stat(path))), path, folder }
}

test('a file is given block by block, with its size known beforehand', async () => {
  const { body } = await bodyOver(CONTENT)
  assert.equal(body.size, SIZE)
  let at = 0
  const sizes: number[] = []
  for await (const block of body) {
    assert.ok(CONTENT.subarray(at, at + block.byteLength).equals(block))
    at += block.byteLength
    sizes.push(block.byteLength)
  }
  assert.deepEqual(sizes, [BLOCK_SIZE, BLOCK_SIZE, BLOCK_SIZE, 1234])
})

test('a block is the reader’s until the next pull, so who keeps all of them copies them', async () => {
  const { body } = await bodyOver(CONTENT)
  const source = body[Symbol.asyncIterator]()
  const first = await source.next()
  const second = await source.next()
  assert.ok(first.value instanceof Uint8Array && second.value instanceof Uint8Array)
  assert.equal(first.value.buffer, second.value.buffer)
  await source.return()
  assert.ok(CONTENT.equals(await readAll(body)))
})

test('two files read at the same time never share a buffer', async () => {
  const one = await bodyOver(patterned(SIZE, 1))
  const two = await bodyOver(patterned(SIZE, 2))
  const [a, b] = await Promise.all([readAll(one.body), readAll(two.body)])
  assert.ok(patterned(SIZE, 1).equals(a))
  assert.ok(patterned(SIZE, 2).equals(b))
})

test('any slice of a slice is that part of the file', async () => {
  const { body } = await bodyOver(CONTENT)
  const place = fc.nat(SIZE)
  await fc.assert(
    fc.asyncProperty(place, place, fc.nat(100), fc.nat(100), async (a, b, c, d) => {
      const [start, end] = [Math.min(a, b), Math.max(a, b)]
      const slice = body.slice(start, end)
      const from = Math.min(c, d, slice.size)
      const to = Math.min(Math.max(c, d), slice.size)
      assert.ok(CONTENT.subarray(start, end).equals(await readAll(slice)))
      assert.ok(CONTENT.subarray(start + from, start + to).equals(await readAll(slice.slice(from, to))))
    }),
    { numRuns: 50 },
  )
})

test('an empty file gives nothing, and ends', async () => {
  const { body } = await bodyOver(new Uint8Array(0))
  assert.equal((await readAll(body)).byteLength, 0)
})

test('a file that was changed before the first block fails at the first pull', async () => {
  const { body, path, folder } = await bodyOver(CONTENT)
  writeFileSync(path, patterned(SIZE, 2))
  await assert.rejects(body[Symbol.asyncIterator]().next(), FileChanged)
  assert.deepEqual(openFiles(folder), [])
})

test('a file that is changed meanwhile fails before its last block, so a mixture never looks whole', async () => {
  const changes: ((path: string) => void)[] = [
    (path) => writeFileSync(path, patterned(SIZE, 2)),
    (path) => appendFileSync(path, 'x'),
    (path) => writeFileSync(path, 'short'),
  ]
  for (const change of changes) {
    const { body, path, folder } = await bodyOver(CONTENT)
    let sent = 0
    await assert.rejects(async () => {
      for await (const block of body) {
        if (sent === 0) change(path)
        sent += block.byteLength
      }
    }, FileChanged)
    assert.ok(sent < SIZE)
    assert.deepEqual(openFiles(folder), [])
  }
})

test('a file that is replaced meanwhile is given to its end as it was', async () => {
  const { body, path } = await bodyOver(CONTENT)
  const given: Buffer[] = []
  for await (const block of body) {
    if (given.length === 0) {
      writeFileSync(`${path}.new`, patterned(SIZE, 2))
      renameSync(`${path}.new`, path)
    }
    given.push(Buffer.from(block))
  }
  assert.ok(CONTENT.equals(Buffer.concat(given)))
})

test('what opening the file meets is told in the words of who made the body', async () => {
  const { path } = await bodyOver(CONTENT)
  const facts = factsOf(stat(path))
  const told = (error: unknown) => new RangeError('told', { cause: error })
  await assert.rejects(readAll(new FileBody(`${path}-not`, facts, told)), { name: 'RangeError', message: 'told' })
  await assert.rejects(readAll(new FileBody(`${path}-not`, facts, told).slice(3, 5)), { message: 'told' })
  await assert.rejects(readAll(new FileBody(`${path}-not`, facts)), { code: 'ENOENT' })
})

test('the file is opened at the first pull, and closed however the reading ends', {
  skip: process.platform !== 'linux',
}, async () => {
  const { body, folder } = await bodyOver(CONTENT)
  const source = body[Symbol.asyncIterator]()
  assert.deepEqual(openFiles(folder), [])
  await source.next()
  assert.equal(openFiles(folder).length, 1)
  await source.return()
  assert.deepEqual(openFiles(folder), [], 'left midway')

  cancelBody(body)
  await readAll(body)
  assert.deepEqual(openFiles(folder), [], 'read to the end')

  const pending = body[Symbol.asyncIterator]()
  const pull = pending.next()
  await pending.return()
  assert.equal((await pull).done, false)
  assert.deepEqual(openFiles(folder), [], 'left while a block was read')

  await assert.rejects(async () => {
    for await (const _ of body) throw new RangeError('the reader failed')
  }, RangeError)
  await turn()
  assert.deepEqual(openFiles(folder), [], 'the reader failed')
})

test('many files that nobody takes hold few descriptors and little memory, and are read to their ends all the same', {
  skip: process.platform !== 'linux',
  timeout: 60_000,
}, async () => {
  const { body, path, folder } = await bodyOver(CONTENT)
  const sources = Array.from({ length: 600 }, () => body.slice(0, SIZE)[Symbol.asyncIterator]())
  const firsts = await Promise.all(sources.map((source) => source.next()))
  assert.ok(openFiles(folder).length <= 192, `${openFiles(folder).length} are open`)
  const held = firsts.reduce((sum, { value }) => sum + (value?.byteLength ?? 0), 0)
  assert.ok(held <= 80 * 1024 * 1024, `${held} bytes are held`)

  const last = sources.at(-1) as AsyncIterator<Uint8Array>
  const given = [Buffer.from(firsts.at(-1)?.value ?? '')]
  for (let next = await last.next(); next.done !== true; next = await last.next()) given.push(Buffer.from(next.value))
  assert.ok(CONTENT.equals(Buffer.concat(given)))

  appendFileSync(path, 'x')
  const other = sources.at(-2) as AsyncIterator<Uint8Array>
  await assert.rejects(async () => {
    while ((await other.next()).done !== true);
  }, FileChanged)
  await Promise.all(sources.map((source) => source.return?.()))
  assert.deepEqual(openFiles(folder), [])
})

test('an opening that fails takes no place from others', async () => {
  const { body, path } = await bodyOver(CONTENT)
  const missing = new FileBody(`${path}-not`, factsOf(stat(path)))
  for (let i = 0; i < 400; i++) await assert.rejects(readAll(missing), { code: 'ENOENT' })
  assert.ok(CONTENT.equals(await readAll(body)))
})
