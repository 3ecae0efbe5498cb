import assert from 'node:assert/strict'
import { test } from 'node:test'
import { precondition, rangeApplies, type Validators } from './conditions.ts'
import { Headers } from './headers.ts'

const MODIFIED = 'Sun, 06 Nov 1994 08:49:37 GMT'
const EARLIER = 'Sun, 06 Nov 1994 08:49:36 GMT'
const LATER = 'Sun, 06 Nov 1994 08:49:38 GMT'
const now: Validators = { etag: '"a"', lastModified: Date.UTC(1994, 10, 6, 8, 49, 37) }
const weak: Validators = { ...now, etag: 'W/"a"' }
const undated: Validators = { etag: '"a"', lastModified: undefined }
const untagged: Validators = { ...now, etag: null }
const missing: Validators = { etag: null, lastModified: undefined, exists: false }

type Fields = Readonly<Record<string, string | readonly string[]>>
type Case = readonly [method: string, fields: Fields, validators: Validators, expected: 0 | 304 | 412]

function check(rule: string, cases: readonly Case[]): void {
  for (const [method, fields, validators, expected] of cases) {
    test(`${rule}: ${method} ${JSON.stringify(fields)} on ${JSON.stringify(validators)} is ${expected}`, () => {
      assert.equal(precondition(method, new Headers(fields), validators), expected)
    })
  }
}

check('no condition (RFC 9110 §13.2.1)', [
  ['GET', {}, now, 0],
  ['PUT', {}, missing, 0],
  ['GET', { Range: 'bytes=0-1', 'If-Range': '"b"' }, now, 0],
])

check('If-Match compares strongly (RFC 9110 §13.1.1)', [
  ['GET', { 'If-Match': '"a"' }, now, 0],
  ['PUT', { 'If-Match': '"a"' }, now, 0],
  ['GET', { 'If-Match': '"b"' }, now, 412],
  ['PUT', { 'If-Match': '"b"' }, now, 412],
  ['PUT', { 'If-Match': '"b", "a"' }, now, 0],
  ['PUT', { 'If-Match': ['"b"', '"a"'] }, now, 0],
  ['PUT', { 'If-Match': 'W/"a"' }, now, 412],
  ['PUT', { 'If-Match': '"a"' }, weak, 412],
  ['PUT', { 'If-Match': 'W/"a"' }, weak, 412],
  ['PUT', { 'If-Match': '*' }, now, 0],
  ['PUT', { 'If-Match': '*' }, untagged, 0],
  ['PUT', { 'If-Match': '*' }, missing, 412],
  ['PUT', { 'If-Match': '"a"' }, missing, 412],
  ['PUT', { 'If-Match': '"a"' }, untagged, 412],
  ['PUT', { 'If-Match': '"A"' }, now, 412],
  ['PUT', { 'If-Match': 'a' }, now, 412],
  ['PUT', { 'If-Match': '' }, now, 412],
])

check('If-None-Match compares weakly (RFC 9110 §13.1.2)', [
  ['GET', { 'If-None-Match': '"a"' }, now, 304],
  ['HEAD', { 'If-None-Match': '"a"' }, now, 304],
  ['GET', { 'If-None-Match': 'W/"a"' }, now, 304],
  ['GET', { 'If-None-Match': '"a"' }, weak, 304],
  ['GET', { 'If-None-Match': 'W/"a"' }, weak, 304],
  ['GET', { 'If-None-Match': '"b"' }, now, 0],
  ['GET', { 'If-None-Match': '"b", W/"a"' }, now, 304],
  ['GET', { 'If-None-Match': ['"b"', '"a"'] }, now, 304],
  ['GET', { 'If-None-Match': 'w/"a"' }, now, 0],
  ['GET', { 'If-None-Match': '*' }, now, 304],
  ['GET', { 'If-None-Match': '*' }, missing, 0],
  ['GET', { 'If-None-Match': '"a"' }, untagged, 0],
  ['PUT', { 'If-None-Match': '*' }, now, 412],
  ['PUT', { 'If-None-Match': '*' }, missing, 0],
  ['POST', { 'If-None-Match': '"a"' }, now, 412],
  ['DELETE', { 'If-None-Match': '"b"' }, now, 0],
])

check('an entity tag may have commas and backslashes in it (RFC 9110 §8.8.3)', [
  ['GET', { 'If-None-Match': '"x,y"' }, { ...now, etag: '"x,y"' }, 304],
  ['GET', { 'If-None-Match': '"b", "x, y"' }, { ...now, etag: '"x, y"' }, 0],
  ['GET', { 'If-None-Match': '"x\\", "a"' }, now, 304],
  ['GET', { 'If-None-Match': '"x\\"' }, { ...now, etag: '"x\\"' }, 304],
  ['PUT', { 'If-Match': '"x\\", "y"' }, { ...now, etag: '"y"' }, 0],
  ['GET', { 'If-None-Match': '""' }, { ...now, etag: '""' }, 304],
  ['GET', { 'If-None-Match': '"b" "a"' }, now, 0],
  ['GET', { 'If-None-Match': 'x"a"' }, now, 0],
])

check('If-Modified-Since is for GET and HEAD, and exact to the second (RFC 9110 §13.1.3)', [
  ['GET', { 'If-Modified-Since': MODIFIED }, now, 304],
  ['HEAD', { 'If-Modified-Since': MODIFIED }, now, 304],
  ['GET', { 'If-Modified-Since': LATER }, now, 304],
  ['GET', { 'If-Modified-Since': EARLIER }, now, 0],
  ['POST', { 'If-Modified-Since': MODIFIED }, now, 0],
  ['GET', { 'If-Modified-Since': 'yesterday' }, now, 0],
  ['GET', { 'If-Modified-Since': [MODIFIED, MODIFIED] }, now, 0],
  ['GET', { 'If-Modified-Since': MODIFIED }, undated, 0],
  ['GET', { 'If-Modified-Since': 'Sunday, 06-Nov-94 08:49:37 GMT' }, now, 304],
  ['GET', { 'If-Modified-Since': 'Sun Nov  6 08:49:37 1994' }, now, 304],
])

check('If-Unmodified-Since (RFC 9110 §13.1.4)', [
  ['GET', { 'If-Unmodified-Since': MODIFIED }, now, 0],
  ['PUT', { 'If-Unmodified-Since': LATER }, now, 0],
  ['PUT', { 'If-Unmodified-Since': EARLIER }, now, 412],
  ['GET', { 'If-Unmodified-Since': EARLIER }, now, 412],
  ['PUT', { 'If-Unmodified-Since': 'yesterday' }, now, 0],
  ['PUT', { 'If-Unmodified-Since': [EARLIER, EARLIER] }, now, 0],
  ['PUT', { 'If-Unmodified-Since': EARLIER }, undated, 0],
])

check('the order of RFC 9110 §13.2.2', [
  // 1 and 2: If-Match there, If-Unmodified-Since ignored
  ['PUT', { 'If-Match': '"a"', 'If-Unmodified-Since': EARLIER }, now, 0],
  ['PUT', { 'If-Match': '"b"', 'If-Unmodified-Since': LATER }, now, 412],
  // 1 before 3
  ['GET', { 'If-Match': '"b"', 'If-None-Match': '"a"' }, now, 412],
  ['GET', { 'If-Match': '"a"', 'If-None-Match': '"a"' }, now, 304],
  // 2 before 3
  ['GET', { 'If-Unmodified-Since': EARLIER, 'If-None-Match': '"a"' }, now, 412],
  ['GET', { 'If-Unmodified-Since': LATER, 'If-None-Match': '"a"' }, now, 304],
  // 3 and 4: If-None-Match there, If-Modified-Since ignored
  ['GET', { 'If-None-Match': '"b"', 'If-Modified-Since': MODIFIED }, now, 0],
  ['GET', { 'If-None-Match': '"a"', 'If-Modified-Since': EARLIER }, now, 304],
  ['GET', { 'If-None-Match': '"a"', 'If-Modified-Since': MODIFIED }, untagged, 0],
  // 1 before 4, 2 before 4
  ['GET', { 'If-Match': '"b"', 'If-Modified-Since': MODIFIED }, now, 412],
  ['GET', { 'If-Match': '"a"', 'If-Modified-Since': MODIFIED }, now, 304],
  ['GET', { 'If-Unmodified-Since': EARLIER, 'If-Modified-Since': MODIFIED }, now, 412],
  ['GET', { 'If-Unmodified-Since': MODIFIED, 'If-Modified-Since': MODIFIED }, now, 304],
])

for (const [ifRange, validators, applies] of [
  [undefined, now, true],
  ['"a"', now, true],
  ['"b"', now, false],
  ['W/"a"', now, false],
  ['"a"', weak, false],
  ['W/"a"', weak, false],
  ['"a"', untagged, false],
  ['"b", "a"', now, false],
  ['*', now, false],
  ['a', now, false],
  ['', now, false],
  [MODIFIED, now, true],
  [EARLIER, now, false],
  [LATER, now, false],
  ['Sunday, 06-Nov-94 08:49:37 GMT', now, true],
  [MODIFIED, undated, false],
  ['yesterday', undated, false],
] as const) {
  const counts = applies ? 'counts' : 'is ignored'
  test(`If-Range ${ifRange}: Range ${counts} on ${JSON.stringify(validators)} (RFC 9110 §13.1.5)`, () => {
    const headers = new Headers(ifRange === undefined ? {} : { 'If-Range': ifRange })
    assert.equal(rangeApplies(headers, validators), applies)
  })
}
