import type { Question } from '../support/transports.ts'
import { BIG, MODIFIED } from './site.ts'

/** What must be seen; of what is left out anything will do. */
export interface Expected {
  readonly status?: number
  /** The fields that must be there, or must not be where it is undefined. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly body?: string | Buffer | RegExp
  readonly trailers?: Readonly<Record<string, string>>
  /** Field lines that must be there, in this order; names in lower case without regard to theirs. */
  readonly lines?: readonly (readonly [string, string])[]
  readonly informed?: readonly number[]
  /** Whether the client must see that the answer is not whole; it must see that it is where this is left out. */
  readonly broken?: boolean
}

const JSON_TYPE = { 'content-type': 'application/json' }
const ETAG = { 'If-None-Match': '"v"' }
const PART = 'multipart/form-data; boundary=b'
const MULTIPART = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n'

/** What is asked, and what must come of it, through whatever door. */
export const CASES: Readonly<Record<string, readonly [Question, Expected]>> = {
  'a small answer': [{ path: '/' }, { body: 'hello', headers: { 'content-type': 'text/plain;charset=UTF-8' } }],
  'HEAD tells what GET would': [
    { method: 'HEAD', path: '/' },
    { body: '', headers: { 'content-length': '5' } },
  ],
  'HEAD of a stream': [
    { method: 'HEAD', path: '/stream' },
    { body: '', headers: { 'content-length': undefined } },
  ],
  'HEAD of an error': [
    { method: 'HEAD', path: '/none' },
    { status: 404, body: '' },
  ],
  POST: [
    { method: 'POST', path: '/all', body: '' },
    { status: 201, body: 'posted' },
  ],
  DELETE: [
    { method: 'DELETE', path: '/all' },
    { status: 204, body: '', headers: { 'content-length': undefined } },
  ],
  'a method that is not there': [
    { method: 'PUT', path: '/all', body: 'x' },
    { status: 405, headers: { allow: 'GET, POST, DELETE, HEAD, OPTIONS' } },
  ],
  'a method of the route that is not there': [{ method: 'POST', path: '/get-only', body: 'x' }, { status: 405 }],
  'a method that must not be called': [{ method: 'constructor', path: '/all' }, { status: 405 }],
  OPTIONS: [
    { method: 'OPTIONS', path: '/all' },
    { status: 204, headers: { allow: 'GET, POST, DELETE, HEAD, OPTIONS' } },
  ],
  'OPTIONS *': [
    { method: 'OPTIONS', path: '*' },
    { status: 204, headers: { allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' } },
  ],
  'no such path': [{ path: '/none' }, { status: 404 }],
  'an error as JSON': [
    { path: '/absent', headers: { accept: 'application/json' } },
    { status: 404, headers: { 'content-type': 'application/problem+json' }, body: /"status":\s*404/ },
  ],
  'a thrown error': [{ path: '/throws' }, { status: 500, body: /^(?!.*secret)/s }],
  'a thrown HttpError': [{ path: '/rejects' }, { status: 409, headers: { 'x-why': 'because' }, body: /No\./ }],
  'an answer that is none': [{ path: '/odd' }, { status: 500 }],
  'a resource that declines': [{ path: '/declined' }, { status: 404 }],
  'a resource that reroutes': [{ path: '/rerouted' }, { body: /^\["\/query\/9"/ }],
  'a body as it is': [
    { method: 'POST', path: '/echo', body: 'héllo', headers: { 'content-type': 'text/x' } },
    { body: 'héllo', headers: { 'content-type': 'text/x' } },
  ],
  'an empty body': [{ method: 'POST', path: '/echo', body: '' }, { body: '' }],
  'a large body': [{ method: 'POST', path: '/large', body: Buffer.alloc(3_000_000) }, { body: '3000000' }],
  'a body over the limit': [{ method: 'POST', path: '/echo', body: 'x'.repeat(1001) }, { status: 413 }],
  'a body at the limit': [{ method: 'POST', path: '/echo', body: 'x'.repeat(1000) }, { status: 200 }],
  JSON: [
    { method: 'POST', path: '/json', body: '{"a":[1]}' },
    { body: '{"a":[1]}', headers: JSON_TYPE },
  ],
  'JSON that is none': [{ method: 'POST', path: '/json', body: '{' }, { status: 400 }],
  'a form': [
    {
      method: 'POST',
      path: '/form',
      body: 'a=1&b=%C3%BC',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    },
    { body: 'a=1&b=ü' },
  ],
  'a form of parts': [
    { method: 'POST', path: '/form', body: MULTIPART, headers: { 'content-type': PART } },
    { body: 'a=1' },
  ],
  'a form that is none': [
    { method: 'POST', path: '/form', body: 'a', headers: { 'content-type': 'text/x' } },
    { status: 415 },
  ],
  cookies: [{ path: '/cookies', headers: { cookie: 'a=1; b=%20x' } }, { body: '{"a":"1","b":" x"}' }],
  'repeated fields': [{ path: '/fields', headers: { 'x-a': '1', 'x-b': ['2', '3'] } }, { body: '["1",true]' }],
  'repeated fields of an answer': [{ path: '/set' }, { headers: { 'set-cookie': 'a=1,b=2', 'x-a': '1, 2' } }],
  'path, parameters and query': [
    { path: '/query/%41%2Fb?q=1&q=%20' },
    { body: '["/query/A%2Fb",{"id":"A/b"},["1"," "],"?q=1&q=%20"]' },
  ],
  'dot segments and empty ones': [{ path: '/x/..//query/./7' }, { body: /^\["\/query\/7"/ }],
  'a path with NUL': [{ path: '/%00' }, { status: 400 }],
  'a stream': [{ path: '/stream' }, { body: 'piece 0\npiece 1\npiece 2\npiece 3\npiece 4\n' }],
  'a long stream': [{ path: '/streams' }, { body: /^piece 0\n.*piece 19999\n$/s }],
  'a stream that fails at once': [{ path: '/fails' }, { status: 503 }],
  'trailers that are wanted': [
    { path: '/trailers', headers: { te: 'trailers' } },
    { body: 'piece 0\n', trailers: { 'x-sum': '7' } },
  ],
  'trailers that are not': [{ path: '/trailers' }, { body: 'piece 0\n', trailers: {} }],
  'no content': [{ path: '/empty' }, { body: '' }],
  'large content': [{ path: '/bytes' }, { body: BIG }],
  'text that is not ASCII': [{ path: '/text' }, { body: 'ü€😀'.repeat(50) }],
  '304': [{ path: '/304' }, { status: 304, body: '', headers: { 'content-length': undefined } }],
  '205': [{ path: '/205' }, { status: 205, body: '' }],
  'a status of its own': [{ path: '/teapot' }, { status: 418, body: 'short and stout' }],
  'a take-over that nobody asked for': [{ path: '/upgrade' }, { status: 500 }],
  'a redirect': [{ path: '/old/a%20b?c' }, { status: 301, headers: { location: '/new/a%20b?c' } }],
  'a temporary redirect': [{ path: '/temporary' }, { status: 302, headers: { location: '/' } }],
  'a fixed answer': [{ path: '/fixed' }, { status: 203, headers: { 'x-fixed': 'yes' }, body: 'fixed' }],
  'a guard that nobody passes': [
    { path: '/closed' },
    { status: 401, headers: { 'www-authenticate': 'Test realm="a"' } },
  ],
  'a guard that names': [{ path: '/open', headers: { 'x-user': 'ann' } }, { body: 'ann' }],
  'If-None-Match': [
    { path: '/validators', headers: ETAG },
    { status: 304, body: '', headers: { etag: '"v"', 'content-type': undefined } },
  ],
  'If-None-Match of another': [{ path: '/validators', headers: { 'If-None-Match': '"w"' } }, { body: '0123456789' }],
  'If-Match': [{ path: '/validators', headers: { 'If-Match': '"w"' } }, { status: 412 }],
  'a range': [
    { path: '/validators', headers: { range: 'bytes=2-4' } },
    { status: 206, body: '234', headers: { 'content-range': 'bytes 2-4/10' } },
  ],
  'a range by condition': [
    { path: '/validators', headers: { range: 'bytes=2-4', 'if-range': '"w"' } },
    { status: 200, body: '0123456789' },
  ],
  'a range that is not there': [
    { path: '/validators', headers: { range: 'bytes=10-' } },
    { status: 416, headers: { 'content-range': 'bytes */10' } },
  ],
  'HEAD with a range': [
    { method: 'HEAD', path: '/validators', headers: { range: 'bytes=2-4' } },
    { status: 200, body: '' },
  ],
  'a file': [
    { path: '/files/ten.txt' },
    { body: '0123456789', headers: { 'last-modified': MODIFIED, 'accept-ranges': 'bytes' } },
  ],
  'HEAD of a file': [
    { method: 'HEAD', path: '/files/ten.txt' },
    { body: '', headers: { 'content-length': '10' } },
  ],
  'a file that is empty': [{ path: '/files/empty.txt' }, { body: '' }],
  'a large file': [{ path: '/files/big.bin' }, { body: BIG }],
  'a range of a file': [
    { path: '/files/big.bin', headers: { range: 'bytes=-100000' } },
    { status: 206, body: BIG.subarray(-100_000) },
  ],
  'a file not modified': [
    { path: '/files/ten.txt', headers: { 'if-modified-since': MODIFIED } },
    { status: 304, body: '' },
  ],
  'a folder without its slash': [{ path: '/files/folder' }, { status: 308, headers: { location: '/files/folder/' } }],
  'a listing': [{ path: '/files/folder/', headers: { accept: 'application/json' } }, { body: /a\.txt/ }],
  'POST to a file': [{ method: 'POST', path: '/files/ten.txt', body: 'x' }, { status: 405 }],
  'case of names, and their order': [
    { path: '/raw', headers: { 'X-Upper': '1', 'x-lower': '2', 'X-miXed': '3' } },
    { body: '[["X-Upper","1"],["x-lower","2"],["X-miXed","3"]]' },
  ],
  'repeated fields one by one': [
    { path: '/raw', headers: { 'x-b': ['2', '3'] } },
    { body: '[["x-b","2"],["x-b","3"]]' },
  ],
  'case of names in an answer': [
    { path: '/set' },
    {
      lines: [
        ['X-A', '1'],
        ['X-A', '2'],
      ],
    },
  ],
  'Set-Cookie twice': [
    { path: '/set' },
    {
      lines: [
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
      ],
    },
  ],
  'a size that is said wrong': [{ path: '/sizes' }, { body: '12345' }],
  'a URL': [{ path: '/url?a' }, { body: /^https?:\/\/a\/url\?a$/ }],
  'a target with its authority': [{ path: 'http://b.example/url' }, { body: /^https?:\/\/b\.example\/url$/ }],
  'a backslash in the path': [{ path: '/query\\7' }, { status: 400 }],
  'an encoded backslash in the path': [{ path: '/query%5C7' }, { status: 400 }],
  'a stream that breaks off': [{ path: '/breaks' }, { broken: true, body: /^(?:the beginning)?$/ }],
  'a stream that breaks off later': [{ path: '/fails-late' }, { broken: true, body: /^(?:the beginning)?$/ }],
  'a body that is too short': [{ path: '/short' }, { broken: true }],
  'a body that is too long': [{ path: '/long' }, { broken: true, body: /^(?:piece 0\n)?.{0,2}$/s }],
  'an informational answer': [{ path: '/hints' }, { body: 'hinted', informed: [103] }],
}
