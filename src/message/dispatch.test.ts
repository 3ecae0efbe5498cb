import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RESOURCE } from './brands.ts'
import { Connection, type SocketFacts } from './connection.ts'
import { allowedMethods, dispatch, handlerOf, Resource } from './dispatch.ts'
import { HttpError } from './errors.ts'
import { Exchange } from './exchange.ts'
import type { Handler } from './interface.ts'
import { Request } from './request.ts'
import { Response } from './response.ts'

const connection = new Connection({} as SocketFacts, new Exchange(), 'HTTP/1.1')

async function ask(handler: Handler, method: string): Promise<string> {
  const answer = (await handler(new Request('http://h/', { method }), connection)) as Response
  return `${answer.status} ${await answer.text()}`
}

/** Answers with its name. */
function says(name: string): Handler {
  return () => new Response(name)
}

function thrown(handler: Handler, method: string): HttpError {
  try {
    void handler(new Request('http://h/', { method }), connection)
  } catch (error) {
    assert.ok(error instanceof HttpError, String(error))
    return error
  }
  return assert.fail('nothing was thrown')
}

class Notes extends Resource {
  readonly #text = 'notes'
  override GET(): Response {
    return new Response(`GET ${this.#text}`)
  }
  override POST(request: Request): Response {
    return new Response(`POST ${request.method}`)
  }
  PROPFIND(): Response {
    return new Response('PROPFIND')
  }
  info(): Response {
    return new Response('never')
  }
  get(): Response {
    return new Response('never')
  }
  x_Y(): Response {
    return new Response('never')
  }
}

test('a method of HTTP calls the method of that name, on the resource', async () => {
  const handler = dispatch(new Notes())
  assert.equal(await ask(handler, 'GET'), '200 GET notes')
  assert.equal(await ask(handler, 'POST'), '200 POST POST')
  assert.equal(await ask(handler, 'PROPFIND'), '200 PROPFIND')
})

test('a resource is given request and connection', () => {
  const request = new Request('http://h/')
  let given: unknown[] = []
  const handler = dispatch({
    GET: (...all) => {
      given = all
      return new Response()
    },
  })
  handler(request, connection)
  assert.deepEqual(given, [request, connection])
})

test('HEAD falls back to GET, unless there is a HEAD (RFC 9110 §9.3.2)', async () => {
  assert.equal(await ask(dispatch({ GET: says('get') }), 'HEAD'), '200 get')
  assert.equal(await ask(dispatch({ GET: says('get'), HEAD: says('head') }), 'HEAD'), '200 head')
  assert.equal(thrown(dispatch({ POST: says('post') }), 'HEAD').status, 405)
})

test('OPTIONS is answered from what is there, unless there is an OPTIONS (RFC 9110 §9.3.7)', async () => {
  const answer = (await dispatch(new Notes())(new Request('http://h/', { method: 'OPTIONS' }), connection)) as Response
  assert.equal(answer.status, 204)
  assert.equal(answer.headers.get('allow'), 'GET, POST, PROPFIND, HEAD, OPTIONS')
  assert.equal(await ask(dispatch({ GET: says('get'), OPTIONS: says('own') }), 'OPTIONS'), '200 own')
})

for (const method of ['PUT', 'DELETE', 'TRACE', 'CONNECT', 'FOO']) {
  test(`${method} is 405 with Allow where it is not there (RFC 9110 §15.5.6)`, () => {
    const error = thrown(dispatch(new Notes()), method)
    assert.equal(error.status, 405)
    assert.equal(error.headers?.get('allow'), 'GET, POST, PROPFIND, HEAD, OPTIONS')
  })
}

for (const method of [
  'constructor',
  '__proto__',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'info',
  'get',
  'Get',
  'x_Y',
  'x',
]) {
  test(`the method ${method} never dispatches`, () => {
    assert.equal(thrown(dispatch(new Notes()), method).status, 405)
    assert.equal(thrown(dispatch(Object.assign(Object.create(null), { GET: says('x') })), method).status, 405)
  })
}

test('a field of a resource that is no function is no method', () => {
  const handler = dispatch({ GET: 'x', POST: says('post') } as unknown as Resource)
  assert.equal(thrown(handler, 'GET').status, 405)
})

test('method names that somebody put on Object.prototype do not count', () => {
  const prototype = Object.prototype as unknown as Record<string, unknown>
  prototype['PUT'] = says('polluted')
  try {
    assert.equal(thrown(dispatch(new Notes()), 'PUT').status, 405)
    assert.doesNotMatch(allowedMethods(new Notes()).join(), /PUT/)
  } finally {
    delete prototype['PUT']
  }
})

test('methods that are inherited are there', () => {
  class More extends Notes {
    override DELETE(): Response {
      return new Response()
    }
  }
  assert.deepEqual(allowedMethods(new More()), ['GET', 'POST', 'DELETE', 'PROPFIND', 'HEAD', 'OPTIONS'])
})

test('looking for methods touches no other property', async () => {
  class Careful extends Resource {
    readonly #secret = 'x'
    get secret(): string {
      return this.#secret.toUpperCase()
    }
    get broken(): string {
      throw new Error('touched')
    }
    override GET(): Response {
      return new Response(this.secret)
    }
  }
  class Plain {
    readonly #secret = 'y'
    get secret(): string {
      return this.#secret
    }
    GET(): Response {
      return new Response(this.secret)
    }
  }
  assert.equal(thrown(dispatch(new Careful()), 'PUT').status, 405)
  assert.equal(await ask(handlerOf(Careful), 'GET'), '200 X')
  assert.equal(await ask(handlerOf(Plain), 'GET'), '200 y')
})

let made = 0
class Counted extends Resource {
  readonly #number = ++made
  override GET(): Response {
    return new Response(`made ${this.#number}`)
  }
}
class Unbranded {
  GET(): Response {
    return new Response('unbranded')
  }
}
class Bare extends Resource {}

for (const [what, exported, expected] of [
  ['an instance of a class extending Resource', new Notes(), '200 GET notes'],
  ['an instance of another class with methods', new Unbranded(), '200 unbranded'],
  ['another class with methods', Unbranded, '200 unbranded'],
  ['a function', says('function'), '200 function'],
  ['an async function', async () => new Response('async'), '200 async'],
  [
    'a function with function syntax',
    function plain() {
      return new Response('plain')
    },
    '200 plain',
  ],
  ['{ fetch }', { fetch: () => new globalThis.Response('fetch') }, '200 fetch'],
  ['a default export', { default: Notes }, '200 GET notes'],
  ['a default export in a default export, as CommonJS gives it', { default: { default: Notes } }, '200 GET notes'],
  ['a default export beside others', { default: says('default'), GET: says('GET') }, '200 default'],
  ['named exports', { GET: says('named'), helper: () => 1, VERSION: '1' }, '200 named'],
  [
    'named exports of a module without prototype',
    Object.assign(Object.create(null), { GET: says('module') }),
    '200 module',
  ],
  ['methods beside a fetch', { GET: says('GET'), fetch: () => assert.fail() }, '200 GET'],
] as const) {
  test(`a module may export ${what}`, async () => {
    assert.equal(await ask(handlerOf(exported), 'GET'), expected)
  })
}

test('an export that is its own default is taken once', async () => {
  const app: Record<string, unknown> = { fetch: () => new globalThis.Response('self') }
  app['default'] = app
  assert.equal(await ask(handlerOf(app), 'GET'), '200 self')
  const none: Record<string, unknown> = {}
  none['default'] = none
  assert.throws(() => handlerOf(none), /a resource is/)
})

test('a class is made once, and not for each request', async () => {
  const handler = handlerOf(Counted)
  assert.equal(made, 1)
  assert.equal(await ask(handler, 'GET'), '200 made 1')
  assert.equal(await ask(handler, 'GET'), '200 made 1')
})

test('a class extending Resource without methods answers OPTIONS and 405', async () => {
  assert.equal(await ask(handlerOf(Bare), 'OPTIONS'), '204 ')
  assert.equal(thrown(handlerOf(Bare), 'GET').status, 405)
})

test('a Resource of another copy of the package is one', async () => {
  class Other {
    OPTIONS(): Response {
      return new Response('other')
    }
  }
  Object.defineProperty(Other.prototype, RESOURCE, { value: true })
  assert.equal(await ask(handlerOf(Other), 'OPTIONS'), '200 other')
  assert.equal(await ask(handlerOf(new Other()), 'OPTIONS'), '200 other')
})

test('the named export DELETE, which is no name for a function, dispatches', async () => {
  assert.equal(await ask(handlerOf({ DELETE: says('deleted') }), 'DELETE'), '200 deleted')
})

for (const [exported, words] of [
  [undefined, 'this is undefined'],
  [null, 'this is null'],
  ['x', 'this is x'],
  [5, 'this is 5'],
  [{}, 'this is an object with nothing'],
  [{ get: () => 1, config: 2 }, 'this is an object with get, config'],
  [{ default: { x: 1 } }, 'this is an object with x'],
  [{ fetch: 'no function' }, 'this is an object with fetch'],
] as const) {
  test(`${JSON.stringify(exported)} is no resource, and the message says what it is`, () => {
    assert.throws(
      () => handlerOf(exported),
      (error: Error) => error instanceof TypeError && error.message.endsWith(words),
    )
  })
}
