import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeFolder } from '../../test/support/folder.ts'
import type { Access } from '../access/access.ts'
import { unknownNames } from './unknown-names.ts'

const store = { htpasswd: './users', groups: './groups' }
const basic = { scheme: 'basic', store } as const
const nobody = 'allows the user eve, who is not in ./users'
const empty = 'allows the group stuff, which has nobody in ./groups'
const other = { identify: () => undefined, challenge: () => 'X' }

const CASES: readonly (readonly [what: string, access: Access, told: readonly string[]])[] = [
  ['what the files know', { ...basic, allow: { users: ['ann'], groups: ['staff'] } }, []],
  ['a guard without names', basic, []],
  ['a route for all', 'public', []],
  [
    'a user and a group that are not there',
    { ...basic, allow: { users: ['ann', 'eve'], groups: ['stuff'] } },
    [nobody, empty],
  ],
  ['names in rules within', { ...basic, any: [{ all: [{ allow: { groups: ['stuff'] } }] }] }, [empty]],
  [
    'groups without a file of them',
    { scheme: 'basic', store: { htpasswd: './users' }, allow: { groups: ['staff'] } },
    ["allows groups, and its store names no file of them: store: { htpasswd, groups: './groups' }"],
  ],
  ['users of another scheme', { ...basic, all: [{ scheme: other, allow: { users: ['eve'] } }] }, []],
  ['users of a function', { scheme: 'basic', store: () => undefined, allow: { groups: ['x'] } }, []],
]

for (const [what, access, told] of CASES) {
  test(`what an operator is told of ${what}`, () => {
    const base = makeFolder({ users: 'ann:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n', groups: 'staff: ann\nstuff:\n' })
    const route = { match: '/*', respond: 'x' }
    const at = (key: string) => told.map((sentence) => `${key}: ${sentence}`)
    assert.deepEqual(unknownNames({ access, routes: [route] }, base), at('access'))
    assert.deepEqual(unknownNames({ routes: [route, { ...route, access }] }, base), at('routes[1].access'))
    const authorizing = { match: '/auth', authorize: { access } }
    assert.deepEqual(unknownNames({ routes: [authorizing] }, base), at('routes[0].authorize'))
  })
}
