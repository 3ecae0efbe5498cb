import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from '../../../test/support/folder.ts'
import { everythingIn } from '../../../test/support/writable.ts'
import { Site } from '../../site/site.ts'

const root = makeFolder({ 'page.txt': 'old', 'sub/': '' })

for (const [method, path, write, told] of [
  [
    'PUT',
    '/d/page.txt',
    true,
    [
      ['file', join(root, 'page.txt')],
      ['status', '204: replaces a file of 3 bytes'],
    ],
  ],
  [
    'PUT',
    '/d/new.txt',
    true,
    [
      ['file', join(root, 'new.txt')],
      ['status', '201: a new file'],
    ],
  ],
  ['PUT', '/d/sub/', true, [['status', '409: This is the path of a folder. Put files under paths of their own.']]],
  ['PUT', '/d/.env', true, [['status', '403: Names such as this are not served, so nothing is written here.']]],
  [
    'DELETE',
    '/d/page.txt',
    { sync: false },
    [
      ['file', join(root, 'page.txt')],
      ['status', '204: removed'],
    ],
  ],
  [
    'DELETE',
    '/d/sub/',
    true,
    [
      ['folder', join(root, 'sub')],
      ['status', '204: removed if it is empty, else 409'],
    ],
  ],
  ['DELETE', '/d/none', true, [['status', '404: Not Found']]],
  [
    'MKCOL',
    '/d/new/',
    true,
    [
      ['folder', join(root, 'new')],
      ['status', '201: a new folder'],
    ],
  ],
  ['PUT', '/d/page.txt', false, [['status', '405: it takes GET, HEAD, OPTIONS']]],
  ['POST', '/d/page.txt', true, [['status', '405: it takes GET, PUT, DELETE, MKCOL, HEAD, OPTIONS']]],
] as const) {
  test(`explain ${method} ${path} says what would happen where write is ${JSON.stringify(write)}, and nothing does`, async () => {
    const before = everythingIn(root)
    const site = new Site({ routes: [{ match: '/d/*', files: { root, write } }] })
    const { lines } = await site.explain(method, path)
    assert.deepEqual(lines.slice(-told.length), told)
    assert.deepEqual(everythingIn(root), before)
  })
}
