import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { makeFolder } from '../../test/support/folder.ts'
import { OpenFolder } from './open-folder.ts'
import { Upload } from './upload.ts'
import { isUploadName } from './upload-name.ts'

function opened(t: TestContext): OpenFolder {
  const folder = OpenFolder.open(makeFolder())
  t.after(() => folder.close())
  return folder
}

async function uploaded(folder: OpenFolder, text: string): Promise<Upload> {
  const upload = await Upload.begin(folder, text.length)
  await upload.write(Buffer.from(text))
  await upload.end(true)
  return upload
}

test('a place where something is already is not taken by making, and is by replacing', async (t) => {
  const folder = opened(t)
  const [one, two, three] = [await uploaded(folder, '1'), await uploaded(folder, '2'), await uploaded(folder, '3')]
  assert.equal(await one.create('a'), true)
  assert.equal(await two.create('a'), false)
  assert.equal(readFileSync(join(folder.path, 'a'), 'utf8'), '1')
  await three.replace('a')
  assert.equal(readFileSync(join(folder.path, 'a'), 'utf8'), '3')
  for (const upload of [one, two, three]) await upload.close()
  assert.deepEqual(readdirSync(folder.path), ['a'])
})

test('what did not take its place is gone when it is closed, though somebody removed it before', async (t) => {
  const folder = opened(t)
  const [one, two] = [await uploaded(folder, '1'), await uploaded(folder, '2')]
  const names = readdirSync(folder.path)
  assert.equal(names.length, 2)
  assert.ok(names.every(isUploadName))
  await folder.removeFile(names[0] ?? '')
  await one.close()
  await two.close()
  assert.deepEqual(readdirSync(folder.path), [])
})
