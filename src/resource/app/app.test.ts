import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Request } from '../../message/request.ts'
import { explanationOf } from '../explain.ts'
import { app } from './app.ts'

for (const [protocol, expected] of [
  ['http', ['upstream app node a.mjs', 'request GET /x HTTP/1.1']],
  ['fastcgi', ['env REQUEST_METHOD=GET', 'env SCRIPT_NAME=']],
  ['scgi', ['env REQUEST_METHOD=GET', 'env SCRIPT_NAME=']],
] as const) {
  test(`explain tells the command, the folder and what would be sent, by ${protocol}`, async () => {
    const handler = app({ command: 'node a.mjs', protocol, path: 'shop', env: { SECRET: 'x' } }, { base: '/srv' })
    const explained = await explanationOf(handler)?.(new Request('http://h/x'))
    const lines = (explained ?? []).map((pair) => pair.join(' '))
    assert.deepEqual(lines.slice(0, 2), ['command node a.mjs', 'folder /srv/shop'])
    for (const line of expected) assert.ok(lines.includes(line), line)
    assert.ok(!lines.some((line) => line.includes('SECRET')), 'that is in its environment, and in no request')
  })
}
