import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Status, textOf } from './status.ts'

const NOW = 1_800_000_000_000
const alone: Status = {
  process: 7,
  state: 'serving',
  since: NOW - 3_723_000,
  urls: ['http://127.0.0.1:8080', 'unix:/run/a.sock'],
  workers: [],
  applications: [],
}

test('a server says who it is, and for how long', () => {
  const said = 'Process 7, serving for 1 h 2 min, at http://127.0.0.1:8080 and unix:/run/a.sock\n'
  assert.equal(textOf(alone, NOW), said)
  assert.equal(textOf({ ...alone, workers: [8, 9] }, NOW), `${said}Workers: 8, 9\n`)
  assert.match(textOf({ ...alone, since: NOW }, NOW), /for 0 s, at/)
  assert.match(textOf({ ...alone, since: NOW - 100_000_000 }, NOW), /for 1 d 3 h, at/)
})

test('its applications stand in a table each; one that fails says why', () => {
  const one = { id: 1, pid: 4711, state: 'serving', since: NOW - 61_000, requests: 12, running: 1 } as const
  const text = textOf(
    {
      ...alone,
      applications: [
        {
          key: 'a',
          name: 'app a',
          state: 'running',
          waiting: 3,
          restarts: 0,
          failure: undefined,
          processes: [
            { ...one, memory: 1024 ** 3 },
            { ...one, pid: 5, state: 'leaving', memory: undefined },
          ],
        },
        { key: 'b', name: 'app b', state: 'failing', waiting: 0, restarts: 2, failure: 'x\ny', processes: [] },
      ],
    },
    NOW,
  )
  const again = textOf(
    {
      ...alone,
      applications: [{ key: 'a', name: 'a', state: 'running', waiting: 0, restarts: 1, failure: 'x', processes: [] }],
    },
    NOW,
  )
  assert.match(again, /\n {2}The last start failed, and those that were started before go on:\n {2}x\n$/)
  assert.deepEqual(text.split('\n').slice(1), [
    '',
    'app a: running, 3 requests wait',
    '  process  state    since      running  requests  memory',
    '  4711     serving  1 min 1 s  1        12        1024 MiB',
    '  5        leaving  1 min 1 s  1        12',
    '',
    'app b: failing, 2 ended unasked',
    '  x',
    '  y',
    '',
  ])
})
