import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Config } from './config.ts'
import { filterWarnings } from './log-filters.ts'

const ROUTES: Config['routes'] = [
  { match: '/api/*', respond: 'x' },
  { match: { host: 'a.example' }, files: '.' },
]

test('a filter that names a route or a kind that is not there is told, others are not', () => {
  const log = ['common', { filter: { route: ['/api/*', '/ap/*'], resource: 'file' } }, { logRequest: () => undefined }]
  assert.deepEqual(filterWarnings({ routes: ROUTES, log } as Config), [
    'log[1].filter.route: nothing is /ap/* here; there is /api/*, /*',
    'log[1].filter.resource: nothing is file here; there is respond, files',
  ])
  const right = [{ filter: { route: '/*', resource: ['files', 'respond'] } }, { filter: { errors: true } }, {}]
  assert.deepEqual(filterWarnings({ routes: ROUTES, log: right } as Config), [])
  assert.deepEqual(filterWarnings({ routes: ROUTES }), [])
})
