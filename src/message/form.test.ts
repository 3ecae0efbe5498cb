import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { HttpError } from './errors.ts'
import type { FilePart, FormPart } from './form.ts'
import { Request } from './request.ts'

const MULTIPART = 'multipart/form-data; boundary=B'
const URLENCODED = 'application/x-www-form-urlencoded'
const encoder = new TextEncoder()

type Content = string | Uint8Array

function field(name: string, value: string): string {
  return `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`
}

function file(name: string, filename: string, content: string, type = 'application/octet-stream'): string {
  return `Content-Disposition: form-data; name="${name}"; filename="${filename}"\r\nContent-Type: ${type}\r\n\r\n${content}`
}

function multipart(...parts: readonly Content[]): Uint8Array {
  const end = parts.length === 0 ? '--B--\r\n' : '\r\n--B--\r\n'
  return Buffer.concat([
    ...parts.flatMap((part, i) => [Buffer.from(`${i === 0 ? '' : '\r\n'}--B\r\n`), Buffer.from(part as Uint8Array)]),
    Buffer.from(end),
  ])
}

function submitted(body: Content | AsyncIterable<Uint8Array>, type: string = MULTIPART): Request {
  return new Request('http://localhost/', { method: 'POST', headers: { 'Content-Type': type }, body })
}

async function* inChunks(body: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0
  for (const cut of [...cuts].map((c) => c % (body.length + 1)).sort((a, b) => a - b)) {
    if (cut > at) yield body.slice(at, cut)
    at = cut
  }
  yield body.slice(at)
}

async function bytesOf(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of content) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** All parts of a form, the files read. */
async function streamed(request: Request): Promise<(readonly [string, string | Buffer, string?])[]> {
  const found: (readonly [string, string | Buffer, string?])[] = []
  for await (const part of request.formData()) {
    if ('value' in part) found.push([part.name, part.value])
    else found.push([part.name, await bytesOf(part.body), part.filename])
  }
  return found
}

async function awaited(request: Request): Promise<(readonly [string, string | Buffer, string?])[]> {
  const form = await request.formData()
  return Promise.all(
    [...form].map(async ([name, value]) =>
      typeof value === 'string'
        ? ([name, value] as const)
        : ([name, Buffer.from(await value.arrayBuffer()), value.name] as const),
    ),
  )
}

/** A body that says how far it was pulled, and whether it was let go of. */
class Source implements AsyncIterable<Uint8Array> {
  pulled = 0
  released = false
  readonly #chunks: Iterable<Uint8Array>

  constructor(chunks: Iterable<Uint8Array>) {
    this.#chunks = chunks
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (const chunk of this.#chunks) {
        this.pulled += chunk.length
        yield chunk
      }
    } finally {
      this.released = true
    }
  }
}

/** Lets everything run that can run without input from outside. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await setImmediate()
}

function refused(status: number): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof HttpError, String(error))
    assert.equal(error.status, status)
    return true
  }
}

test('a urlencoded form gives its fields in order, decoded, also repeated, empty and without a value', async () => {
  const body = 'name=Ada+Lovelace&x=%C3%BC%26%3D&name=again&empty=&bare&=nameless'
  const expected = [
    ['name', 'Ada Lovelace'],
    ['x', 'ü&='],
    ['name', 'again'],
    ['empty', ''],
    ['bare', ''],
    ['', 'nameless'],
  ]
  assert.deepEqual(await streamed(submitted(body, URLENCODED)), expected)
  assert.deepEqual(await awaited(submitted(body, URLENCODED)), expected)
})

test('a multipart form gives fields and files in the order sent (RFC 7578)', async () => {
  const form = submitted(multipart(field('a', '1'), file('pic', 'x.png', 'PNG', 'image/png'), field('b', '2')))
  const seen: string[] = []
  for await (const part of form.formData()) {
    if ('value' in part) seen.push(`${part.name}=${part.value}`)
    else seen.push(`${part.name}:${part.filename}:${part.type}:${await bytesOf(part.body)}`)
  }
  assert.deepEqual(seen, ['a=1', 'pic:x.png:image/png:PNG', 'b=2'])
})

test('awaiting a form gives a FormData whose files are File objects with name and type', async () => {
  const form = await submitted(multipart(field('a', '1'), file('pic', 'x.png', 'PNG', 'image/png'))).formData()
  const pic = form.get('pic')
  assert.ok(pic instanceof Blob)
  assert.equal(form.get('a'), '1')
  assert.deepEqual([pic.type, (pic as File).name, await pic.text()], ['image/png', 'x.png', 'PNG'])
})

test('names and file names in UTF-8 arrive as they are', async () => {
  const [parts] = await streamed(submitted(multipart(file('Bild „1“', 'Übung 本.txt', 'x'))))
  assert.deepEqual(parts, ['Bild „1“', Buffer.from('x'), 'Übung 本.txt'])
})

for (const [sent, name] of [
  ['C:\\\\Users\\\\a\\\\photo.jpg', 'photo.jpg'],
  ['../../etc/passwd', 'passwd'],
  ['/absolute/x.txt', 'x.txt'],
  ['..', ''],
  ['plain.txt', 'plain.txt'],
] as const) {
  test(`a file name ${sent} is given without its folders`, async () => {
    const [part] = await streamed(submitted(multipart(file('f', sent, 'x'))))
    assert.equal(part?.[2], name)
  })
}

test('a file input that was left empty is a file without name and content, as browsers send it', async () => {
  assert.deepEqual(await streamed(submitted(multipart(file('f', '', '')))), [['f', Buffer.alloc(0), '']])
})

test('a form without parts has none, urlencoded or multipart', async () => {
  assert.deepEqual(await streamed(submitted(multipart())), [])
  assert.deepEqual(await streamed(submitted('', URLENCODED)), [])
  assert.deepEqual(await streamed(new Request('http://h/', { headers: { 'Content-Type': URLENCODED } })), [])
})

for (const type of ['application/json', 'text/plain', 'multipart/mixed; boundary=B', 'multipart/form-datax', '']) {
  test(`a body of type ${JSON.stringify(type)} is no form: 415 with Accept (RFC 9110 §15.5.16)`, async () => {
    const request = new Request('http://h/', {
      method: 'POST',
      body: 'a=1',
      headers: type === '' ? {} : { 'Content-Type': type },
    })
    await assert.rejects(
      async () => await request.formData(),
      (error: HttpError) => {
        assert.match(error.headers?.get('accept') ?? '', /multipart\/form-data/)
        return refused(415)(error)
      },
    )
    assert.equal(request.bodyUsed, false, 'the body is left to somebody else')
  })
}

for (const type of ['Multipart/Form-Data; charset=utf-8; boundary="B"', 'multipart/form-data ;boundary=B']) {
  test(`the type ${type} is a multipart form`, async () => {
    assert.deepEqual(await streamed(submitted(multipart(field('a', '1')), type)), [['a', '1']])
  })
}

for (const [what, body, type = MULTIPART] of [
  ['an empty body', ''],
  ['no delimiter', 'garbage'],
  ['the end inside the head of a part', '--B\r\nContent-Disposition: form-da'],
  ['the end inside a field', '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1'],
  ['the end after a field', '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B'],
  ['the end inside a file', `--B\r\n${file('f', 'f', 'x'.repeat(100))}`],
  ['the end inside a large file', `--B\r\n${file('f', 'f', 'x'.repeat(300_000))}`],
  ['a field without a name', '--B\r\nContent-Disposition: form-data\r\n\r\n1\r\n--B--\r\n'],
  ['a file without a name', '--B\r\nContent-Disposition: form-data; filename="x"\r\n\r\n1\r\n--B--\r\n'],
  ['no boundary', 'a', 'multipart/form-data'],
] as const) {
  test(`a multipart form with ${what} is malformed: 400, streamed, skipped and awaited`, async () => {
    await assert.rejects(streamed(submitted(body, type)), refused(400))
    await assert.rejects(awaited(submitted(body, type)), refused(400))
    await assert.rejects(async () => {
      for await (const _ of submitted(body, type).formData());
    }, refused(400))
  })
}

for (const [what, body, type] of [
  ['1001 urlencoded fields', Array.from({ length: 1001 }, (_, i) => `a${i}=1`).join('&'), URLENCODED],
  ['5000 urlencoded fields', Array.from({ length: 5000 }, (_, i) => `a${i}`).join('&'), URLENCODED],
  ['1001 multipart fields', multipart(...Array.from({ length: 1001 }, () => field('a', '1'))), MULTIPART],
  ['101 files', multipart(...Array.from({ length: 101 }, () => file('a', 'a', '1'))), MULTIPART],
  ['a field of more than 1 MiB', multipart(field('a', 'x'.repeat(1024 * 1024 + 1))), MULTIPART],
  ['a urlencoded value of more than 1 MiB', `a=${'x'.repeat(1024 * 1024 + 1)}`, URLENCODED],
  ['a urlencoded name of more than 1 KiB', `${'x'.repeat(1025)}=1`, URLENCODED],
] as const) {
  test(`a form with ${what} is too much: 413`, async () => {
    await assert.rejects(streamed(submitted(body, type)), refused(413))
    await assert.rejects(awaited(submitted(body, type)), refused(413))
  })
}

test('a form may have 1000 fields or 100 files', async () => {
  const urlencoded = Array.from({ length: 1000 }, (_, i) => `a${i}=1`).join('&')
  assert.equal((await streamed(submitted(urlencoded, URLENCODED))).length, 1000)
  assert.equal((await streamed(submitted(`${urlencoded}&`, URLENCODED))).length, 1000)
  const fields = multipart(...Array.from({ length: 1000 }, () => field('a', '1')))
  assert.equal((await streamed(submitted(fields))).length, 1000)
  const files = multipart(...Array.from({ length: 100 }, () => file('a', 'a', '1')))
  assert.equal((await streamed(submitted(files))).length, 100)
})

test('what is not pulled of a file is skipped: not touched, begun, or begun and given up', async () => {
  const long = 'x'.repeat(300_000)
  const form = submitted(multipart(file('a', 'a', long), file('b', 'b', long), file('c', 'c', long), field('d', '1')))
  const seen: string[] = []
  for await (const part of form.formData()) {
    seen.push(part.name)
    if (part.name === 'b') await (part as FilePart).body[Symbol.asyncIterator]().next()
    if (part.name === 'c') for await (const _ of (part as FilePart).body) break
  }
  assert.deepEqual(seen, ['a', 'b', 'c', 'd'])
})

test('a large file that is read slowly is pulled from the connection no faster than it is read', async () => {
  const chunk = new Uint8Array(65536)
  const size = 50 * 1024 * 1024
  const source = new Source(
    (function* () {
      yield encoder.encode('--B\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n')
      for (let sent = 0; sent < size; sent += chunk.length) yield chunk
      yield encoder.encode('\r\n--B--\r\n')
    })(),
  )
  let read = 0
  let ahead = 0
  for await (const part of submitted(source).formData()) {
    for await (const bytes of (part as FilePart).body) {
      await setImmediate()
      ahead = Math.max(ahead, source.pulled - read)
      read += bytes.length
    }
  }
  assert.equal(read, size)
  assert.ok(ahead <= 512 * 1024, `pulled ${ahead} bytes ahead`)
})

test('many fields that nobody takes yet are not pulled from the connection either', async () => {
  const source = new Source(
    (function* () {
      for (let i = 0; i < 500; i++)
        yield encoder.encode(`${i === 0 ? '' : '\r\n'}--B\r\n${field('a', 'x'.repeat(4096))}`)
      yield encoder.encode('\r\n--B--\r\n')
    })(),
  )
  const parts = submitted(source).formData()[Symbol.asyncIterator]()
  assert.equal((await parts.next()).done, false)
  await settle()
  assert.ok(source.pulled <= 64 * 1024, `pulled ${source.pulled} bytes ahead`)
  let count = 1
  while ((await parts.next()).done !== true) count++
  assert.equal(count, 500)
})

for (const [when, stop] of [
  ['between parts', async () => undefined],
  ['inside a file', async (part: FormPart) => (part as FilePart).body[Symbol.asyncIterator]().next()],
] as const) {
  test(`a consumer that stops ${when} lets go of the connection's body`, async () => {
    const source = new Source(
      (function* () {
        yield multipart(file('a', 'a', 'x')).slice(0, -9)
        for (;;) yield new Uint8Array(65536)
      })(),
    )
    for await (const part of submitted(source).formData()) {
      await stop(part)
      await settle()
      break
    }
    const { pulled } = source
    await settle()
    assert.equal(source.released, true)
    assert.equal(source.pulled, pulled, 'and pulls nothing more of it')
  })
}

test('an error of the connection comes out where the form is read', async () => {
  const gone = new Error('the client has gone')
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield encoder.encode(`--B\r\n${file('f', 'f', 'x'.repeat(1000))}`)
    throw gone
  }
  await assert.rejects(streamed(submitted(failing())), gone)
  await assert.rejects(awaited(submitted(failing())), gone)
})

test('a form that is larger than its route allows is 413 where it is read', async () => {
  const request = submitted(multipart(file('f', 'f', 'x'.repeat(5000))))
  if (request.body !== null) request.body.limit = 1000
  await assert.rejects(streamed(request), refused(413))
})

test('a form is read only once', async () => {
  const request = submitted('a=1', URLENCODED)
  await request.formData()
  await assert.rejects(async () => await request.formData(), TypeError)
})

test('what follows the last delimiter is dropped (RFC 2046 §5.1.1)', async () => {
  const body = Buffer.concat([Buffer.from('preamble\r\n'), multipart(field('a', '1')), Buffer.from('epilogue')])
  assert.deepEqual(await streamed(submitted(body)), [['a', '1']])
})

const cuts = fc.array(fc.nat(), { maxLength: 20 })

test('urlencoded forms survive the way, whatever is in them and however they are cut', async () => {
  const fields = fc.array(fc.tuple(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' })))
  await fc.assert(
    fc.asyncProperty(fields, cuts, async (pairs, at) => {
      const body = encoder.encode(new URLSearchParams(pairs).toString())
      assert.deepEqual(await streamed(submitted(inChunks(body, at), URLENCODED)), pairs)
      assert.deepEqual(await awaited(submitted(inChunks(body, at), URLENCODED)), pairs)
    }),
  )
})

test('multipart forms with binary files survive the way, however they are cut', async () => {
  const name = fc.string({ unit: fc.constantFrom(...'abc xyz-_üß本') }).map((text) => text.trim())
  const content = fc.uint8Array({ maxLength: 3000 })
  const tricky = fc
    .constantFrom('\r\n', '\r\n--', '\r\n--B', '--B--', '\r\n--A', '\r')
    .map((text) => encoder.encode(text))
  const part = fc.oneof(
    fc.record({ name, value: fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\r\n--B', '')) }),
    fc.record({ name, filename: name, parts: fc.array(fc.oneof(content, tricky), { maxLength: 5 }) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 6 }), cuts, async (given, at) => {
      const expected = given.map((one) =>
        'value' in one ? [one.name, one.value] : [one.name, Buffer.concat(one.parts), one.filename],
      )
      fc.pre(expected.every(([, value]) => !(value as Buffer).includes('--B')))
      const body = multipart(
        ...expected.map(([partName, value, filename]) =>
          filename === undefined
            ? field(partName as string, value as string)
            : Buffer.concat([Buffer.from(file(partName as string, filename as string, '')), value as Buffer]),
        ),
      )
      assert.deepEqual(await streamed(submitted(inChunks(body, at))), expected)
      assert.deepEqual(await awaited(submitted(inChunks(body, at))), expected)
    }),
  )
})
