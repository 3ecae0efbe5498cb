import { existsSync } from 'node:fs'
import { publish } from '../../src/door/publish/publish.ts'
import { Resource, Response } from '../../src/index.ts'
import type { Request } from '../../src/message/request.ts'

/*
 * An object server for tests, run by itself: `node object-server.js NAME [WORD]`. Its objects do what a test asks them
 * for; what is waited for is a file in the working folder.
 */

const [name = 'paul', word = ''] = process.argv.slice(2)

async function* untilThere(file: string): AsyncGenerator<string> {
  yield `begun by ${process.pid}\n`
  while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 10))
  yield `ended by ${process.pid}\n`
}

class Echo extends Resource {
  override GET({ method, mount, path }: Request): Response {
    return new Response(`${name} ${method} ${mount} ${path}`)
  }

  override async POST(request: Request): Promise<Response> {
    return new Response(`${name} got ${await request.text()}`)
  }
}

class Pid extends Resource {
  override GET(): Response {
    return new Response(`${process.pid}${word}`)
  }
}

class Stream extends Resource {
  override GET(): Response {
    return new Response(encoded(untilThere('let-go')))
  }
}

async function* encoded(texts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const text of texts) yield Buffer.from(text)
}

class Dies extends Resource {
  override GET(): never {
    process.exit(7)
  }
}

/** So many that none may cost much. */
const many = word === 'many' ? Array.from({ length: 10_000 }, (_, i) => [`o${i}`, () => new Response(`o${i}`)]) : []

await publish(name, {
  ...Object.fromEntries(many),
  echo: new Echo(),
  pid: new Pid(),
  stream: new Stream(),
  dies: new Dies(),
})
