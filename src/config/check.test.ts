import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkConfig } from './check.ts'
import { ConfigError } from './config.ts'

const FILES = { match: '/*', files: '.' }

/** What is said of a config, without the name of its source. */
function faultsOf(given: unknown): string[] {
  try {
    checkConfig(given, { name: 'x.json' })
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.message.split('\n').map((line) => {
      assert.ok(line.startsWith('x.json: '), line)
      return line.slice('x.json: '.length)
    })
  }
  return []
}

test('a config that is no object is refused, whatever else it is', () => {
  const cases = [
    [undefined, 'nothing'],
    [null, 'null'],
    [5, '5'],
    ['serve', '"serve"'],
    [[], 'a list'],
    [() => ({}), 'a function'],
  ] as const
  for (const [given, received] of cases) {
    assert.deepEqual(faultsOf(given), [`the config: expected an object, not ${received}`])
  }
})

test('what is wrong with a route is told with its key, what was expected, and what is there', () => {
  const scheme = 'expected an object with the methods identify and challenge'
  const cases: readonly (readonly [route: unknown, ...faults: string[]])[] = [
    [5, ': expected an object, not 5'],
    [[], ': expected an object, not a list'],
    [{}, '.match: is missing'],
    [
      { match: '/*' },
      ': a route needs one of files, module, resource, cgi, fastcgi, scgi, proxy, app, wsgi, object, authorize, redirect, respond',
    ],
    [{ files: '.' }, '.match: is missing'],
    [{ ...FILES, respond: 'x' }, ': a route has one resource, not files and respond'],
    [{ ...FILES, match: 5 }, '.match: expected a text or an object, not 5'],
    [{ ...FILES, match: '' }, '.match: must not be empty'],
    [{ ...FILES, match: 'notes' }, '.match: the pattern "notes" must begin with a slash'],
    [{ ...FILES, match: '/:b/:b' }, '.match: the pattern "/:b/:b" has two parameters named b'],
    [{ ...FILES, match: '/a*b/c' }, '.match: the pattern "/a*b/c" has a * that is neither a segment nor at the end'],
    [{ ...FILES, match: { pth: '/*' } }, '.match.pth: there is no such key; did you mean "path"?'],
    [{ ...FILES, match: { path: 'x' } }, '.match.path: the pattern "x" must begin with a slash'],
    [
      { ...FILES, match: { host: 'http://x' } },
      '.match.host: "http://x" is no host name; give it without scheme and port',
    ],
    [
      { ...FILES, match: { host: ['a.example', 'a:80'] } },
      '.match.host[1]: "a:80" is no host name; give it without scheme and port',
    ],
    [{ ...FILES, match: { host: [] } }, '.match.host: must not be empty'],
    [{ ...FILES, match: { method: [] } }, '.match.method: must not be empty'],
    [{ ...FILES, match: { method: 5 } }, '.match.method: expected a text or a list, not 5'],
    [{ ...FILES, match: { when: 'x' } }, '.match.when: expected a function, not "x"'],
    [{ ...FILES, acess: {} }, '.acess: there is no such key; did you mean "access"?'],
    [
      { match: '/*', files: { rot: '.' } },
      '.files.root: is missing',
      '.files.rot: there is no such key; did you mean "root"?',
    ],
    [{ match: '/*', files: '' }, '.files: must not be empty'],
    [{ match: '/*', files: 5 }, '.files: expected a text or an object, not 5'],
    [{ match: '/*', files: [] }, '.files: expected an object, not a list'],
    [{ match: '/*', files: { root: '.', listing: 'yes' } }, '.files.listing: expected true or false, not "yes"'],
    [{ match: '/*', files: { root: '.', memory: -1 } }, '.files.memory: expected at least 0, not -1'],
    [{ match: '/*', files: { root: '.', memory: Number.NaN } }, '.files.memory: expected a number, not NaN'],
    [{ match: '/*', files: { root: '.', index: 'a.html' } }, '.files.index: expected a list, not "a.html"'],
    [{ match: '/*', files: { root: '.', spa: 5 } }, '.files.spa: expected true or false or a text, not 5'],
    [
      { match: '/*', files: { root: '.', cacheControl: [] } },
      '.files.cacheControl: expected a text or an object, not a list',
    ],
    [
      { match: '/*', files: { root: '.', cacheControl: 'a\r\nb' } },
      '.files.cacheControl: has a character that no field value may have',
    ],
    [
      { match: '/*', files: { root: '.', cacheControl: { '/a': 5 } } },
      '.files.cacheControl["/a"]: expected a text, not 5',
    ],
    [{ match: '/*', redirect: {} }, '.redirect.to: is missing'],
    [{ match: '/*', redirect: '' }, '.redirect: must not be empty'],
    [
      { match: '/*', redirect: { to: '/x', status: 200 } },
      '.redirect.status: expected 301, 302, 303, 307 or 308, not 200',
    ],
    [{ match: '/*', respond: { status: 99 } }, '.respond.status: expected at least 200, not 99'],
    [{ match: '/*', respond: { status: 600 } }, '.respond.status: expected at most 599, not 600'],
    [{ match: '/*', respond: { status: 200.5 } }, '.respond.status: expected a whole number'],
    [{ match: '/*', respond: { headers: ['x'] } }, '.respond.headers: expected an object, not a list'],
    [{ match: '/*', respond: { headers: { 'a b': 'c' } } }, '.respond.headers: "a b" is not a field name'],
    [
      { match: '/*', respond: { headers: { a: 'c\r\nd' } } },
      '.respond.headers: the value of a has a character that no field value may have: "c\\r\\nd"',
    ],
    [{ match: '/*', respond: { headers: { a: 5 } } }, '.respond.headers.a: expected a text, not 5'],
    [{ match: '/*', module: 5 }, '.module: expected a text, not 5'],
    [{ match: '/*', resource: './x.ts' }, '.resource: expected a class, an object or a function, not "./x.ts"'],
    [{ ...FILES, rewrite: 5 }, '.rewrite: expected a text, not 5'],
    [{ ...FILES, limits: { bdy: 1 } }, '.limits.bdy: there is no such key; did you mean "body"?'],
    [{ ...FILES, limits: { body: '1' } }, '.limits.body: expected a number, not "1"'],
    [{ ...FILES, middleware: [5] }, '.middleware: expected a list of functions'],
    [{ ...FILES, middleware: () => 1 }, '.middleware: expected a list of functions, not a function'],
    [{ ...FILES, access: undefined }, '.access: expected "public" or an object, not nothing'],
    [{ ...FILES, access: 'me' }, '.access: expected "public" or an object, not "me"'],
    [
      { ...FILES, access: {} },
      '.access: says nothing, and would let everybody in: give scheme, allow, authorizer, all or any',
    ],
    [
      { ...FILES, access: { any: [{ allow: {} }] } },
      '.access: allow says nothing: give users, groups, methods, addresses, or leave it out',
    ],
    [
      { ...FILES, access: { allow: { users: ['ada'] } } },
      '.access: allows users or groups, and has no scheme, by which clients say who they are',
    ],
    [
      { ...FILES, access: { scheme: 'basic' } },
      ".access: scheme 'basic' needs a store, which knows the passwords: store: { htpasswd: './htpasswd' }",
    ],
    [
      { ...FILES, access: { store: { htpasswd: 'x' }, allow: { methods: ['GET'] } } },
      ".access: has a store, which is for scheme 'basic' only",
    ],
    [{ ...FILES, access: { scheme: 'basic', store: {} } }, '.access.store.htpasswd: is missing'],
    [{ ...FILES, access: { scheme: { header: 'X-User' } } }, '.access.scheme.from: is missing'],
    [
      { ...FILES, access: { scheme: { http: 'http://a/', certificate: true } } },
      '.access.scheme: expected one of certificate, header, http, fastcgi',
    ],
    [{ ...FILES, access: { scheme: {} } }, '.access.scheme: expected one of certificate, header, http, fastcgi'],
    [{ ...FILES, access: { scheme: 'digest' } }, '.access.scheme: expected "basic" or an object, not "digest"'],
    [{ ...FILES, access: { any: [] } }, '.access.any: must not be empty'],
    [
      { ...FILES, access: { all: [{ schem: {} }] } },
      '.access.all[0].schem: there is no such key; did you mean "scheme"?',
    ],
    [{ ...FILES, access: { shceme: {} } }, '.access.shceme: there is no such key; did you mean "scheme"?'],
    [
      { ...FILES, access: { allow: { user: ['ada'] } } },
      '.access.allow.user: there is no such key; did you mean "users"?',
    ],
    [
      { ...FILES, access: { allow: { methods: ['get'] } } },
      '.access.allow.methods[0]: "get" is no method; methods are written in capitals',
    ],
    [
      { ...FILES, access: { allow: { addresses: ['10.0.0.0/33'] } } },
      '.access.allow.addresses[0]: "10.0.0.0/33" is no network: give an address, a range such as 10.0.0.0/8, loopback, private or unix',
    ],
    [
      { ...FILES, access: { authorizer: { fastcgi: 'x' } } },
      '.access.authorizer.fastcgi: is no address: give unix:PATH, host:port or [IPv6]:port',
    ],
    [{ ...FILES, access: { authorizer: 5 } }, '.access.authorizer: expected a text or an object, not 5'],
    [{ ...FILES, access: { scheme: { identify: () => undefined } } }, `.access.scheme: ${scheme}, not an object`],
  ]
  for (const [route, ...faults] of cases) {
    const expected = faults.map((fault) => `routes[1]${fault}`)
    assert.deepEqual(faultsOf({ routes: [FILES, route] }), expected)
  }
})

test('what is wrong beside the routes is told in the same way', () => {
  const known =
    'listen, acme, routes, objects, access, info, errors, intercept, development, log, requestId, server, limits, timeouts, types, trustedProxies, middleware, workers, user, group, errorLog, onError, report'
  const one = '("common", "combined", "json") or an object'
  const apart = 'the template needs a space or a sign behind {uri}: else nobody can tell where it ends'
  const ACME = { names: ['a.example'], agree: true }
  const agree = 'expected true: read the terms of the authority, and say here that you agree to them'
  const cases: readonly (readonly [config: object, ...faults: string[]])[] = [
    [{ routes: undefined }, 'routes: expected a list, not nothing'],
    [{ routes: {} }, 'routes: expected a list, not an object'],
    [{ rotes: [] }, 'rotes: there is no such key; did you mean "routes"?'],
    [{ port: 1 }, 'port: there is no such key; it belongs to an entry of listen: listen: [{ port: … }]'],
    [{ match: '/*' }, 'match: there is no such key; it belongs to an entry of routes: routes: [{ match: … }]'],
    [{ xyzzy: 1 }, `xyzzy: there is no such key; possible are ${known}`],
    [{ constructor: 1 }, `constructor: there is no such key; possible are ${known}`],
    [JSON.parse('{ "__proto__": {} }') as object, `__proto__: there is no such key; possible are ${known}`],
    [
      { errrors: {}, limts: {} },
      'errrors: there is no such key; did you mean "errors"?',
      'limts: there is no such key; did you mean "limits"?',
    ],
    [{ listen: [] }, 'listen: must not be empty'],
    [{ listen: { port: 80 } }, 'listen: expected a list, not an object'],
    [{ listen: [8080] }, 'listen[0]: expected an object, not 8080'],
    [{ listen: [{}] }, 'listen[0]: expected either a port or a unix socket'],
    [{ listen: [{ port: 1, unix: 'x' }] }, 'listen[0]: expected either a port or a unix socket'],
    [{ listen: [{ port: 1, mode: '0660' }] }, 'listen[0]: mode and group are for a unix socket'],
    [{ listen: [{ port: 1, group: 'www-data' }] }, 'listen[0]: mode and group are for a unix socket'],
    [{ listen: [{ unix: 'x', mode: 660 }] }, 'listen[0].mode: expected an octal mode in quotes, such as "0660"'],
    [{ listen: [{ unix: 'x', mode: 'rw' }] }, 'listen[0].mode: expected an octal mode in quotes, such as "0660"'],
    [{ listen: [{ unix: 'x', mode: '01777' }] }, 'listen[0].mode: expected an octal mode in quotes, such as "0660"'],
    [{ listen: [{ unix: 'x', group: '' }] }, 'listen[0].group: must not be empty'],
    [{ access: undefined }, 'access: expected "public" or an object, not nothing'],
    [{ listen: [{ port: '80' }] }, 'listen[0].port: expected a number, not "80"'],
    [{ listen: [{ port: -1 }] }, 'listen[0].port: expected at least 0, not -1'],
    [{ listen: [{ port: 65536 }] }, 'listen[0].port: expected at most 65535, not 65536'],
    [{ listen: [{ port: 1.5 }] }, 'listen[0].port: expected a whole number'],
    [{ listen: [{ port: 1, hots: 'x' }] }, 'listen[0].hots: there is no such key; did you mean "host"?'],
    [{ listen: [{ port: 1, tls: {} }] }, 'listen[0].tls: expected "acme" or a list, not an object'],
    [{ listen: [{ port: 1, tls: 'acm' }] }, 'listen[0].tls: expected "acme" or a list, not "acm"'],
    [{ listen: [{ port: 1, tls: [] }] }, 'listen[0].tls: must not be empty'],
    [{ listen: [{ port: 1, tls: [{ cert: 'x' }] }] }, 'listen[0].tls[0].key: is missing'],
    [{ acme: {} }, 'acme.names: is missing', 'acme.agree: is missing'],
    [{ acme: { ...ACME, names: [] } }, 'acme.names: must not be empty'],
    [{ acme: { ...ACME, agree: false } }, `acme.agree: ${agree}`],
    [{ acme: { ...ACME, agree: 'yes' } }, `acme.agree: ${agree}`],
    [{ acme: { ...ACME, emial: 'a@b.example' } }, 'acme.emial: there is no such key; did you mean "email"?'],
    [{ acme: { ...ACME, challenge: 'dns-01' } }, 'acme.challenge: expected "http-01" or "tls-alpn-01", not "dns-01"'],
    [{ errors: [] }, 'errors: expected an object, not a list'],
    [{ errors: { '40x': 'x' } }, 'errors.40x: no error has this name: expected 400 to 599, 4xx, 5xx or default'],
    [
      { errors: { 404: 5 } },
      'errors.404: expected an HTML file, { path: … } of a page of the site, { module: … }, or in code a function or a resource',
    ],
    [{ log: 'console' }, 'log: expected a list, not "console"'],
    [{ log: {} }, 'log: expected a list, not an object'],
    [{ log: ['json', {}, null, 5] }, `log[2]: expected ${one}, not null`, `log[3]: expected ${one}, not 5`],
    [{ log: ['jsno'] }, `log[0]: expected ${one}, not "jsno"`],
    [{ log: [{ fromat: 'json' }] }, 'log[0].fromat: there is no such key; did you mean "format"?'],
    [{ log: [{ format: 'jsno' }] }, `log[0].format: expected ${one}, not "jsno"`],
    [{ log: [{ format: { template: '{uri}{user}' } }] }, `log[0].format.template: ${apart}`],
    [{ log: [{ to: 'stdotu' }] }, 'log[0].to: expected ("stdout", "stderr") or an object, not "stdotu"'],
    [{ log: [{ to: { fiel: 'x' } }] }, 'log[0].to.fiel: there is no such key; did you mean "file"?'],
    [
      { log: [{ to: { file: 'x', rotate: { size: 'much' } } }] },
      'log[0].to.rotate.size: expected a number, not "much"',
    ],
    [{ log: [{ filter: { status: '6xx' } }] }, 'log[0].filter.status: 6xx is no status: expected 404, 5xx or 400-499'],
    [
      { log: [{ filter: { status: [404, 'x'], sample: 0, slower: 'x' } }] },
      'log[0].filter.status[1]: x is no status: expected 404, 5xx or 400-499',
      'log[0].filter.slower: expected a number, not "x"',
      'log[0].filter.sample: expected a share above 0, up to 1',
    ],
    [
      { log: [{ to: { http: 'nowhere' } }], errorLog: { to: { http: 'ftp://a.example/' } } },
      'log[0].to.http: "nowhere" is no URL: give http://HOST:PORT/PATH or https://HOST/PATH',
      'errorLog.to.http: "ftp://a.example/" is no URL: give http://HOST:PORT/PATH or https://HOST/PATH',
    ],
    [{ log: [{ to: {} }] }, 'log[0].to: expected one of file, syslog, sql and http'],
    [
      { log: [{ to: { http: 'http://a', rotate: {} } }] },
      'log[0].to: rotate is for file; headers, gzip and timeout are for http',
    ],
    [{ log: [{ redact: true }] }, 'log[0].redact: expected false or an object, not true'],
    [{ server: 'a\r\nX: b' }, 'server: expected a product, such as "Example/1.0" or "Example (of somewhere)"'],
    [{ requestId: 'Host' }, 'requestId: expected true, or a field such as X-Request-Id'],
    [{ limits: 5 }, 'limits: expected an object, not 5'],
    [{ limits: { hed: 1 } }, 'limits.hed: there is no such key; did you mean "head"?'],
    [{ limits: { head: 1 } }, 'limits.head: expected at least 256, not 1'],
    [{ timeouts: { idle: '15s' } }, 'timeouts.idle: expected a number, not "15s"'],
    [{ timeouts: { idle: 0 } }, 'timeouts.idle: expected at least 1, not 0'],
    [{ timeouts: { stop: 2 ** 31 } }, 'timeouts.stop: expected at most 2147483647, not 2147483648'],
    [{ types: [] }, 'types: expected an object, not a list'],
    [{ types: { foo: 'text/x' } }, 'types.foo: expected a suffix with its dot, such as ".foo"'],
    [{ types: { '.foo': 'text' } }, 'types[".foo"]: expected a media type, such as "text/plain"'],
    [{ trustedProxies: 'loopback' }, 'trustedProxies: expected a list, not "loopback"'],
    [{ trustedProxies: [5] }, 'trustedProxies[0]: expected a text, not 5'],
    [{ middleware: {} }, 'middleware: expected a list of functions, not an object'],
    [{ report: {} }, 'report: expected a function, not an object'],
  ]
  for (const [config, ...faults] of cases) assert.deepEqual(faultsOf({ routes: [FILES], ...config }), faults)
  assert.deepEqual(faultsOf({ routs: [] }), [
    'routes: is missing; give routes, or objects',
    'routs: there is no such key; did you mean "routes"?',
  ])
})

test('all faults are told at once, each with its line where the text is known', () => {
  const text = `{
  "listen": [{ "port": "80" }],
  "routes": [
    { "match": "/*", "files": "." },
    { "match": "x",
      "files": { "root": ".", "lsting": true } }
  ]
}`
  assert.throws(() => checkConfig(JSON.parse(text), { name: 'site/oriel.config.json', text }), {
    name: 'ConfigError',
    message: [
      'site/oriel.config.json:2: listen[0].port: expected a number, not "80"',
      'site/oriel.config.json:5: routes[1].match: the pattern "x" must begin with a slash',
      'site/oriel.config.json:6: routes[1].files.lsting: there is no such key; did you mean "listing"?',
    ].join('\n'),
  })
})

test('a good config is given back as it is, with what only code can say', () => {
  const config = {
    listen: [
      { port: 0, host: '::1' },
      { unix: './x.sock', tls: [{ cert: 'c', key: 'k', names: ['*.example'] }] },
    ],
    routes: [
      FILES,
      { match: {}, resource: class {} },
      {
        match: { host: ['a.example', '*.a.example', '[::1]'], method: ['GET', 'PROPFIND'], when: () => true },
        respond: '',
      },
      { match: '/x/:id', rewrite: '/y/:id', respond: { status: 204, headers: { 'X-A': 'b' } } },
      { match: '/y', redirect: { to: '/z', status: 308 }, limits: { body: 0 }, middleware: [() => () => undefined] },
      { match: '/z', module: { GET: () => undefined }, access: { scheme: { identify() {}, challenge: () => 'X' } } },
    ],
    errors: { 404: './404.html', '5xx': () => undefined, default: './x.html' },
    log: [{ logRequest() {} }],
    limits: { body: 5, requestsPerConnection: Number.POSITIVE_INFINITY, head: undefined },
    timeouts: {},
    types: { '.foo': 'text/x-foo; charset=utf-8' },
    trustedProxies: [],
    middleware: [],
    report() {},
  }
  assert.equal(checkConfig(config, { name: 'x' }), config)
})

test('clients are asked for certificates with TLS alone, and by authorities that are named', () => {
  const of = (listen: object): string[] => faultsOf({ listen: [{ port: 1, ...listen }], routes: [FILES] })
  const tls = [{ cert: 'c', key: 'k' }]
  assert.deepEqual(of({ tls, clients: { authorities: 'a', demanded: true } }), [])
  assert.deepEqual(of({ tls: 'acme', clients: { authorities: 'a' } }), [])
  assert.deepEqual(of({ clients: { authorities: 'a' } }), ['listen[0]: clients have certificates with tls only'])
  assert.equal(of({ tls, clients: {} }).length, 1)
  assert.equal(of({ tls, clients: { authorities: 'a', demand: true } }).length, 1)
})

test('how many logins may fail is a whole number', () => {
  const of = (logins: unknown): string[] => faultsOf({ limits: { logins }, routes: [FILES] })
  for (const good of [0, 10]) assert.deepEqual(of(good), [])
  for (const bad of [-1, 0.5, '10', 1e7, null]) assert.equal(of(bad).length, 1)
})
