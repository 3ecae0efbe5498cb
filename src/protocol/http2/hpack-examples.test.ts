import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HpackError } from './errors.ts'
import { type FieldListLimits, HpackDecoder } from './hpack-decoder.ts'

const LIMITS: FieldListLimits = { size: 65536, fields: 100 }

/** A block in hexadecimal, what it says, and the table after it, the newest first. */
type Example = readonly [block: string, fields: readonly string[], table: readonly string[]]

const CUSTOM = ['custom-key', 'custom-value']
const REQUEST = [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'www.example.com']
const SECURE = [':method', 'GET', ':scheme', 'https', ':path', '/index.html', ':authority', 'www.example.com']
const AUTHORITY = [':authority', 'www.example.com']
const NO_CACHE = ['cache-control', 'no-cache']

const PRIVATE = ['cache-control', 'private']
const DATE = ['date', 'Mon, 21 Oct 2013 20:13:21 GMT']
const LATER = ['date', 'Mon, 21 Oct 2013 20:13:22 GMT']
const LOCATION = ['location', 'https://www.example.com']
const GZIP = ['content-encoding', 'gzip']
const COOKIE = ['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1']

const REQUESTS: readonly (readonly [fields: readonly string[], table: readonly string[]])[] = [
  [REQUEST, AUTHORITY],
  [
    [...REQUEST, ...NO_CACHE],
    [...NO_CACHE, ...AUTHORITY],
  ],
  [
    [...SECURE, ...CUSTOM],
    [...CUSTOM, ...NO_CACHE, ...AUTHORITY],
  ],
]

const RESPONSES: readonly (readonly [fields: readonly string[], table: readonly string[]])[] = [
  [
    [':status', '302', ...PRIVATE, ...DATE, ...LOCATION],
    [...LOCATION, ...DATE, ...PRIVATE, ':status', '302'],
  ],
  [
    [':status', '307', ...PRIVATE, ...DATE, ...LOCATION],
    [':status', '307', ...LOCATION, ...DATE, ...PRIVATE],
  ],
  [
    [':status', '200', ...PRIVATE, ...LATER, ...LOCATION, ...GZIP, ...COOKIE],
    [...COOKIE, ...GZIP, ...LATER],
  ],
]

function examples(blocks: readonly string[], expected: typeof REQUESTS): Example[] {
  return blocks.map((block, i) => [block, expected[i]?.[0] ?? [], expected[i]?.[1] ?? []])
}

const REQUESTS_PLAIN = [
  '828684410f7777772e6578616d706c652e636f6d',
  '828684be58086e6f2d6361636865',
  '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
]

const REQUESTS_HUFFMAN = [
  '828684418cf1e3c2e5f23a6ba0ab90f4ff',
  '828684be5886a8eb10649cbf',
  '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
]

const RESPONSES_PLAIN = [
  '4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e17' +
    '68747470733a2f2f7777772e6578616d706c652e636f6d',
  '4803333037c1c0bf',
  '88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d41' +
    '53444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31',
]

const RESPONSES_HUFFMAN = [
  '488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3',
  '4883640effc1c0bf',
  '88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af2708' +
    '7f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
]

const SECTIONS: readonly (readonly [section: string, tableSize: number, examples: readonly Example[]])[] = [
  [
    'C.2.1',
    4096,
    [
      [
        '400a637573746f6d2d6b65790d637573746f6d2d686561646572',
        ['custom-key', 'custom-header'],
        ['custom-key', 'custom-header'],
      ],
    ],
  ],
  ['C.2.2', 4096, [['040c2f73616d706c652f70617468', [':path', '/sample/path'], []]]],
  ['C.2.3', 4096, [['100870617373776f726406736563726574', ['password', 'secret'], []]]],
  ['C.2.4', 4096, [['82', [':method', 'GET'], []]]],
  ['C.3', 4096, examples(REQUESTS_PLAIN, REQUESTS)],
  ['C.4', 4096, examples(REQUESTS_HUFFMAN, REQUESTS)],
  ['C.5', 256, examples(RESPONSES_PLAIN, RESPONSES)],
  ['C.6', 256, examples(RESPONSES_HUFFMAN, RESPONSES)],
]

/** The whole dynamic table, asked for by index: the decoder shows it in no other way. */
function tableOf(decoder: HpackDecoder): string[] {
  const table: string[] = []
  for (let index = 62; ; index++) {
    try {
      table.push(...(decoder.decode(Buffer.from([0x80 | index]), LIMITS) ?? []))
    } catch (error) {
      assert.ok(error instanceof HpackError)
      return table
    }
  }
}

for (const [section, tableSize, list] of SECTIONS) {
  test(`the example of RFC 7541 §${section} decodes to its fields and leaves its table`, () => {
    const decoder = new HpackDecoder(tableSize)
    for (const [block, fields, table] of list) {
      assert.deepEqual(decoder.decode(Buffer.from(block, 'hex'), LIMITS), fields)
      assert.deepEqual(tableOf(decoder), table)
    }
  })
}
