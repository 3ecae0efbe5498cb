import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wordsOf } from './command-line.ts'

test('a command is divided as a shell would, without one', () => {
  for (const [command, words] of [
    ['gunicorn --bind unix:$SOCKET mysite.wsgi', ['gunicorn', '--bind', 'unix:$SOCKET', 'mysite.wsgi']],
    ['  a\tb\n', ['a', 'b']],
    [`a "b c" 'd "e' f\\ g`, ['a', 'b c', 'd "e', 'f g']],
    [`x="y z"w`, ['x=y zw']],
    [`a "" ''`, ['a', '', '']],
    [`"a\\"b\\\\c\\d"`, ['a"b\\c\\d']],
    ["sh -c 'exec a | b; c'", ['sh', '-c', 'exec a | b; c']],
  ] as const) {
    assert.deepEqual(wordsOf(command), words, command)
  }
})

test('what is no command is refused with words', () => {
  for (const [command, expected] of [
    ['', /is empty/],
    ['  ', /is empty/],
    ['a "b', /" that nothing follows or closes/],
    ["a 'b", /' that nothing/],
    ['a \\', /\\ that nothing/],
    ['a | b', /has a \|, which means nothing without a shell/],
    ['a > b', /has a >/],
    ['a; b', /has a ;/],
    ['a && b', /has a &/],
    ['a $(b)', /has a \(/],
  ] as const) {
    assert.throws(() => wordsOf(command), expected, command)
  }
})
