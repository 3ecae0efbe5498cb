import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connected, FACTS } from '../../test/support/connection.ts'
import { Refused } from '../gateway/refused.ts'
import { type AuthorizationRecord, Connection, type Means } from '../message/connection.ts'
import { AuthenticationFailed, AuthorizationRequired, Forbidden, HttpError } from '../message/errors.ts'
import { Exchange } from '../message/exchange.ts'
import type { Authorizer, Scheme } from '../message/interface.ts'
import { Request } from '../message/request.ts'
import { Response } from '../message/response.ts'
import type { Access, AccessRules } from './access.ts'
import { guard } from './guard.ts'

const ADA = { name: 'ada', groups: ['staff'] }
const JOE = { name: 'joe', groups: [] }

/** A scheme that finds out what it is given: at once, or later. */
function says(found: unknown, challenge = 'Test realm="x"', means: Means = {}): Scheme {
  return {
    ...means,
    identify: () => {
      if (found instanceof Error) throw found
      return found as typeof ADA
    },
    challenge: () => challenge,
  }
}

function later(scheme: Scheme): Scheme {
  return { ...scheme, identify: async (request, connection) => scheme.identify(request, connection) }
}

function authorizer(authorizeUser: Authorizer['authorizeUser']): AccessRules {
  return { authorizer: { authorizeUser } }
}

/** What becomes of a request: who comes in, or the status, the challenges and the words of what does not let it in. */
async function outcome(access: Access, init: { method?: string } = {}, connection = connected()): Promise<string> {
  const handler = guard(access)((_, { user, means }) => {
    const hidden = means?.usesAuthorization === true ? ' hidden' : ''
    return new Response(`${user?.name ?? 'somebody'}${means?.type === undefined ? '' : ` by ${means.type}`}${hidden}`)
  })
  try {
    return (await ((await handler(new Request('http://h/', init), connection)) as Response).text()) ?? ''
  } catch (error) {
    if (!(error instanceof HttpError)) return `500 ${(error as Error).message}`
    const challenges = [...(error.headers?.raw() ?? [])].map(([name, value]) => `${name}: ${value}`)
    return [error.status, ...challenges].join(' ')
  }
}

const broken = new Error('the store is away')
const staff: AccessRules = { allow: { groups: ['staff'] } }
const office: AccessRules = { allow: { addresses: ['192.0.2.0/24'] } }
const elsewhere: AccessRules = { allow: { addresses: ['10.0.0.0/8'] } }
const X = '401 WWW-Authenticate: Test realm="x"'
const NO_PERMISSION =
  'which is no permission: it returns nothing, or variables, and throws Forbidden or AuthorizationRequired'

const CASES: readonly (readonly [what: string, access: Access, expected: string, method?: string])[] = [
  ['public lets everybody in', 'public', 'somebody'],
  ['whom the scheme identifies comes in', { scheme: says(ADA) }, 'ada'],
  ['the means are told', { scheme: says(ADA, 'x', { type: 'Test', usesAuthorization: true }) }, 'ada by Test hidden'],
  ['who does not say who it is must log in', { scheme: says(undefined) }, X],
  ['null is nobody', { scheme: says(null) }, X],
  ['a login that fails must be tried again', { scheme: says(new AuthenticationFailed()) }, X],
  [
    'a scheme that asks itself is heard',
    { scheme: says(new AuthorizationRequired({ headers: { 'WWW-Authenticate': 'Y' } })) },
    '401 WWW-Authenticate: Y',
  ],
  ['a scheme may forbid', { scheme: says(new Forbidden()) }, '403'],
  [
    'a scheme may say wait',
    { scheme: says(new HttpError(429, { headers: { 'Retry-After': '9' } })) },
    '429 Retry-After: 9',
  ],
  ['what else it throws lets nobody in', { scheme: says(broken) }, '500 the store is away'],
  ['true is no user', { scheme: says(true) }, '500 a user has no name: give { name, groups }'],
  ['a user has a name', { scheme: says({ name: '', groups: [] }) }, '500 a user has no name: give { name, groups }'],
  [
    'a name has no NUL',
    { scheme: says({ name: 'admin\0x', groups: [] }) },
    '500 the name "admin\\u0000x" has control characters',
  ],
  ['a user without groups is in none', { scheme: says({ name: 'eve' }), allow: { groups: ['staff'] } }, '403'],
  ['where nobody can log in, nobody is asked to', { scheme: says(undefined, '') }, '403'],

  ['a user who is named comes in', { scheme: says(ADA), allow: { users: ['ada'] } }, 'ada'],
  ['a member of a group that is named comes in', { scheme: says(ADA), ...staff }, 'ada'],
  ['one of users and groups is enough', { scheme: says(ADA), allow: { users: ['joe'], groups: ['staff'] } }, 'ada'],
  ['another user may not', { scheme: says(JOE), allow: { users: ['ada'], groups: ['staff'] } }, '403'],
  ['an empty list of users has nobody in it', { scheme: says(ADA), allow: { users: [] } }, '403'],
  ['names have their case', { scheme: says(ADA), allow: { users: ['Ada'], groups: ['Staff'] } }, '403'],
  ['nobody is one of the users', { scheme: says(undefined), ...staff }, X],
  ['a method that is named may', { allow: { methods: ['GET'] } }, 'somebody'],
  ['GET brings HEAD with it', { allow: { methods: ['GET'] } }, 'somebody', 'HEAD'],
  ['another method may not', { allow: { methods: ['GET'] } }, '403', 'PUT'],
  ['an address in the network may', office, 'somebody'],
  ['another address may not', elsewhere, '403'],
  ['all conditions must hold', { allow: { methods: ['GET'], addresses: ['10.0.0.0/8'] } }, '403'],
  ['nobody is asked for a password at the wrong address', { scheme: says(broken), ...elsewhere }, '403'],
  ['nor by the wrong method', { scheme: says(broken), allow: { methods: ['PUT'] } }, '403'],

  ['an Authorizer lets in by returning nothing', authorizer(() => undefined), 'somebody'],
  [
    'an Authorizer may name the user',
    authorizer(() => ({ REMOTE_USER: 'eve', AUTH_TYPE: 'Key' })),
    'eve by Key hidden',
  ],
  [
    'an Authorizer may forbid',
    authorizer(() => {
      throw new Forbidden()
    }),
    '403',
  ],
  [
    'what else it throws lets nobody in',
    authorizer(() => {
      throw broken
    }),
    '500 the store is away',
  ],
  [
    'an Authorizer that asks for a login without a scheme forbids',
    authorizer(() => {
      throw new AuthorizationRequired()
    }),
    '403',
  ],
  [
    'with a scheme it asks by it',
    {
      scheme: says(ADA),
      ...authorizer(() => {
        throw new AuthorizationRequired()
      }),
    },
    X,
  ],
  [
    'an Authorizer sees who it is',
    { scheme: says(ADA), ...authorizer((who) => ({ REMOTE_USER: `${who?.groups}!` })) },
    'staff! hidden',
  ],
  [
    'an Authorizer asks nobody in whom the scheme does not know',
    { scheme: says(undefined), ...authorizer(() => undefined) },
    X,
  ],
  ...[
    ...[false, true, 'yes', null, 1, new Response('x'), new globalThis.Response('x'), { a: 1 }],
    ...[new Error('no'), new Forbidden(), [], new Map(), neverRun()],
  ].map(
    (returned) =>
      [
        `${typeof returned} ${String(returned)} is no permission`,
        authorizer((() => returned) as unknown as Authorizer['authorizeUser']),
        `500 the Authorizer returned ${typeof returned === 'boolean' ? returned : 'something'}, ${NO_PERMISSION}`,
      ] as const,
  ),
  ...[new Error('no'), new AuthenticationFailed('no'), () => undefined].map(
    (returned) =>
      [
        `${String(returned)} in the place of a user is nobody`,
        { scheme: { identify: () => returned as unknown as AuthorizationRecord, challenge: () => 'X' } },
        '500 a user has no name: give { name, groups }',
      ] as const,
  ),
  [
    'of a module, it is said which one',
    { authorizer: { from: '/srv/may.ts', authorizeUser: () => false } as unknown as Authorizer },
    `500 the Authorizer /srv/may.ts returned false, ${NO_PERMISSION}`,
  ],
  [
    'an answer of its own is given',
    authorizer(() => {
      throw new Refused(new Response('log in there'))
    }),
    'log in there',
  ],

  ['all must let in', { scheme: says(ADA), all: [staff, office] }, 'ada'],
  ['all: one that does not is enough to stay out', { scheme: says(ADA), all: [staff, elsewhere] }, '403'],
  ['all: the last who names a user names it', { all: [{ scheme: says(ADA) }, { scheme: says(JOE) }] }, 'joe'],
  ['any: one is enough', { any: [elsewhere, office] }, 'somebody'],
  [
    'any: the first that lets in says who it is',
    { any: [{ scheme: says(undefined) }, { scheme: says(ADA) }, { scheme: says(JOE) }] },
    'ada',
  ],
  [
    'any: whom a part knew that does not let in is nobody',
    { any: [{ scheme: says(ADA), allow: { users: ['joe'] } }, office] },
    'somebody',
  ],
  ['any: without one, 403', { any: [elsewhere, { allow: { methods: ['PUT'] } }] }, '403'],
  [
    'any: all challenges are told',
    {
      any: [elsewhere, { scheme: says(undefined) }, { scheme: says(undefined, 'Y') }, { scheme: says(undefined, 'Y') }],
    },
    `${X} WWW-Authenticate: Y`,
  ],
  [
    'any: who is known and may not, might be another',
    { any: [{ scheme: says(JOE), ...staff }, { scheme: says(undefined, 'Y') }] },
    '401 WWW-Authenticate: Y',
  ],
  [
    'any: a failure keeps out, and is no 401',
    { any: [{ scheme: says(undefined) }, { scheme: says(broken) }] },
    '500 the store is away',
  ],
  [
    'any: a failure does not keep out whom another lets in',
    { any: [{ scheme: says(broken) }, { scheme: says(ADA) }] },
    'ada',
  ],
  ['any: users of the scheme round it', { scheme: says(JOE), any: [staff, { allow: { users: ['joe'] } }] }, 'joe'],
  [
    'any: its 401 asks by the scheme round it',
    {
      scheme: says(JOE),
      any: [
        authorizer(() => {
          throw new AuthorizationRequired()
        }),
      ],
    },
    X,
  ],
  [
    'any: Authorization is hidden whoever lets in, where one reads it',
    { any: [office, { scheme: says(undefined, 'X', { usesAuthorization: true }) }] },
    'somebody hidden',
  ],
  ['rules in rules', { any: [{ all: [office, { any: [elsewhere, { scheme: says(ADA), ...staff }] }] }] }, 'ada'],
]

function* neverRun(): Generator<string> {
  yield 'a body that nobody runs'
}

/** The same rules with all that they ask answering later. */
function slow(access: Access): Access {
  if (access === 'public') return access
  const { scheme, authorizer: given, all, any: some } = access
  return {
    ...access,
    ...(typeof scheme === 'object' && 'identify' in scheme && { scheme: later(scheme) }),
    ...(typeof given === 'object' &&
      'authorizeUser' in given && {
        authorizer: {
          ...given,
          authorizeUser: async (who, request, connection) => given.authorizeUser(who, request, connection),
        },
      }),
    ...(all !== undefined && { all: all.map((one) => slow(one) as AccessRules) }),
    ...(some !== undefined && { any: some.map((one) => slow(one) as AccessRules) }),
  }
}

for (const [what, access, expected, method = 'GET'] of CASES) {
  test(`${what}, at once and later`, async () => {
    assert.equal(await outcome(access, { method }), expected)
    assert.equal(await outcome(slow(access), { method }), expected)
  })
}

test('where nothing has to be waited for, the answer is there at once', () => {
  const answer = new Response('x')
  const rules = { scheme: says(ADA), allow: { groups: ['staff'], methods: ['GET'], addresses: ['192.0.2.1'] } }
  const handler = guard({ any: [elsewhere, { ...rules, ...authorizer(() => ({ TEAM: 'x' })) }] })(() => answer)
  assert.equal(handler(new Request('http://h/'), connected()), answer)
})

test('addresses are those of clients, not of the trusted proxy before them', async () => {
  const from = (address: string) => new Connection(FACTS, new Exchange(), 'HTTP/1.1', { address, secure: false })
  assert.equal(await outcome(elsewhere, {}, from('10.1.2.3')), 'somebody')
  assert.equal(await outcome(elsewhere, {}, from('::ffff:10.1.2.3')), 'somebody')
  assert.equal(await outcome(office, {}, from('10.1.2.3')), '403')
  assert.equal(await outcome(office, {}, from('')), '403')
  assert.equal(await outcome({ allow: { addresses: ['unix'] } }, {}, from('')), 'somebody')
})

test('an address that was looked up is not taken for another one, however many there are', () => {
  const handler = guard(elsewhere)(() => new Response('x'))
  for (let i = 0; i < 3000; i++) {
    const client = (address: string) => new Connection(FACTS, new Exchange(), 'HTTP/1.1', { address, secure: false })
    handler(new Request('http://h/'), client(`10.1.${i >> 8}.${i & 255}`))
    assert.throws(() => handler(new Request('http://h/'), client(`11.1.${i >> 8}.${i & 255}`)), Forbidden)
  }
})

test('variables of several Authorizers come together, and stay with the user that a scheme finds', () => {
  const connection = connected()
  const rules = { all: [authorizer(() => ({ A: '1', B: '1' })), { scheme: says(ADA) }, authorizer(() => ({ B: '2' }))] }
  guard(rules)(() => new Response())(new Request('http://h/'), connection)
  assert.deepEqual([connection.variables, connection.user], [{ A: '1', B: '2' }, ADA])
})

test('groups may come with the name, and a name that was known keeps its groups', () => {
  const connection = connected()
  const named = (variables: Record<string, string>) => authorizer(() => variables)
  const run = (rules: AccessRules) => guard(rules)(() => new Response())(new Request('http://h/'), connection)
  run(named({ REMOTE_USER: 'eve', REMOTE_GROUPS: 'a, b,,' }))
  assert.deepEqual(connection.user, { name: 'eve', groups: ['a', 'b'] })
  run({ scheme: says(ADA), ...named({ REMOTE_USER: 'ada' }) })
  assert.equal(connection.user, ADA)
})

test('a part that fails while another lets in is reported', () => {
  const reports: unknown[] = []
  const exchange = new Exchange((level, event, fields) => reports.push([level, event, fields?.['error']]))
  const handler = guard({ any: [{ scheme: says(broken) }, office] })(() => new Response())
  handler(new Request('http://h/'), new Connection(FACTS, exchange, 'HTTP/1.1'))
  assert.deepEqual(reports, [['error', 'A part of a guard failed; another one let the request in.', broken]])
})

test('what the resource throws is not taken for what the guard throws', async () => {
  const failing = () => {
    throw new AuthorizationRequired()
  }
  for (const scheme of [says(ADA), later(says(ADA))]) {
    const handler = guard({ any: [{ scheme }, { scheme: says(JOE) }] })(failing)
    await assert.rejects(
      async () => handler(new Request('http://h/'), connected()),
      (error) => error instanceof AuthorizationRequired && error.headers === undefined,
    )
  }
})

test('answers that nobody gets are let go', async () => {
  let returned = 0
  const body = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.resolve({ done: false as const, value: new Uint8Array(1) }),
      return: () => {
        returned++
        return Promise.resolve({ done: true as const, value: undefined })
      },
    }),
  }
  const refused = (status: number) =>
    authorizer(() => {
      throw new Refused(new Response(body, { status }))
    })
  assert.equal(await outcome({ any: [refused(403), refused(302), office] }), 'somebody')
  assert.equal(returned, 2)
  assert.equal(await outcome({ any: [refused(403), { scheme: says(undefined) }] }), X)
  assert.equal(returned, 3)
})

test('where a part sends the client elsewhere, that is the answer of any', async () => {
  const elsewhere = new Refused(new Response('over there', { status: 302, headers: { Location: '/login' } }))
  const sent = authorizer(() => {
    throw elsewhere
  })
  assert.equal(await outcome({ any: [{ scheme: says(undefined) }, sent] }), 'over there')
})

for (const [what, access, expected] of [
  ['a word that is not public', 'Public', /access is 'public' or rules, not "Public"/],
  ['nothing', null, /access is 'public' or rules, not null/],
  ['a list', [], /access is no object/],
  ['rules that say nothing', {}, /says nothing, and would let everybody in/],
  ['a key that is undefined', { scheme: says(ADA), allow: undefined }, /allow is undefined: say what it is/],
  ['a condition that is undefined', { scheme: says(ADA), allow: { users: undefined } }, /users is undefined/],
  ['an allow that says nothing', { scheme: says(ADA), allow: {} }, /allow says nothing/],
  ['a text in the place of a list of users', { scheme: says(ADA), allow: { users: 'ada' } }, /allow.users is no list/],
  ['a list of what are no groups', { scheme: says(ADA), allow: { groups: [5] } }, /allow.groups is no list of texts/],
  ['a text in the place of a list of methods', { allow: { methods: 'GET' } }, /allow.methods is no list of texts/],
  ['rules in the place of a list of rules', { any: { scheme: says(ADA) } }, /any is no list of rules/],
  ['a key that is mistyped', { scheme: says(ADA), alow: {} }, /access has no key alow; possible are scheme/],
  ['a condition that is mistyped', { scheme: says(ADA), allow: { user: [] } }, /allow has no key user/],
  ['no rules in any', { any: [] }, /any has no rules in it/],
  ['no rules in all', { scheme: says(ADA), all: [] }, /all has no rules in it/],
  ['rules in all that say nothing', { all: [{}] }, /says nothing/],
  ['users without a scheme', { any: [{ allow: { users: ['ada'] } }] }, /allows users or groups, and has no scheme/],
  ['a network that is none', { allow: { addresses: ['10.0.0.0/33'] } }, /"10.0.0.0\/33" is no network/],
  ['a method in small letters', { allow: { methods: ['get'] } }, /"get" is no method/],
  ['a scheme that is none', { scheme: { identify() {} } }, /a scheme is/],
  ['an authorizer that is none', { authorizer: {} }, /an authorizer is an object with the method authorizeUser/],
  ['a module where nobody loads it', { authorizer: './may.ts' }, /needs a config that loads it/],
] as const) {
  test(`${what} is refused at start, and lets nobody in`, () => {
    assert.throws(() => guard(access as unknown as Access), { name: 'TypeError', message: expected })
  })
}
