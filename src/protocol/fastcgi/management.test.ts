import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applicationValues, UNKNOWN_VALUES } from './management.ts'

for (const value of ['0', '-1', '1e99', '99999999999', '1.5', '', ' 7', '0x10', '∞']) {
  test(`an application that says ${JSON.stringify(value)} of itself has said nothing`, () => {
    const names = ['FCGI_MAX_CONNS', 'FCGI_MAX_REQS', 'FCGI_MPXS_CONNS', 'ORIEL_WINDOW']
    assert.deepEqual(applicationValues(names.flatMap((name) => [name, value])), UNKNOWN_VALUES)
  })
}

test('a window that would let an application fill our memory is none', () => {
  assert.equal(applicationValues(['ORIEL_WINDOW', String(1024 * 1024)]).window, 1024 * 1024)
  assert.equal(applicationValues(['ORIEL_WINDOW', String(1024 * 1024 + 1)]).window, 0)
})
