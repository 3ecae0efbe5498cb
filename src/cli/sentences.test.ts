import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sentenceFor } from './sentences.ts'

function systemError(fields: object): Error {
  return Object.assign(new Error('what the system says'), { syscall: 'listen' }, fields)
}

test('each failure to listen is a sentence that says what happened and what to do', () => {
  const cases = [
    [
      { code: 'EADDRINUSE', port: 80, address: '::' },
      'port 80 is in use already. Stop what listens there, or choose another, for instance 81.',
    ],
    [
      { code: 'EADDRINUSE', port: 65535 },
      'port 65535 is in use already. Stop what listens there, or choose another, for instance 65534.',
    ],
    [
      { code: 'EADDRINUSE', port: -1, address: '/x.sock' },
      'the socket /x.sock is in use already, or another file has its name. Stop what listens there, or choose another path.',
    ],
    [{ code: 'EACCES', port: 80 }, 'this user may not listen on port 80. Choose a port from 1024 on, or allow it.'],
    [
      { code: 'EACCES', address: '/x.sock' },
      'this user may not make the socket /x.sock. Choose a folder that it may write to.',
    ],
    [
      { code: 'ENOENT', address: '/no/x.sock' },
      'there is no folder for the socket /no/x.sock. Make it, or choose another path.',
    ],
    [
      { code: 'EADDRNOTAVAIL', port: 80, address: '192.0.2.1' },
      'this machine has no address 192.0.2.1. Choose one of its own, 127.0.0.1, or 0.0.0.0 for all.',
    ],
    [{ code: 'EOTHER', port: 80 }, 'cannot listen on port 80: what the system says'],
    [
      { syscall: 'getaddrinfo', hostname: 'nowhere' },
      'there is no address for the host nowhere. Give one of this machine, or 0.0.0.0 for all.',
    ],
  ] as const
  for (const [fields, sentence] of cases) assert.equal(sentenceFor(systemError(fields)), sentence)
})

test('other errors are told by their message, and what is no error as it is', () => {
  assert.equal(sentenceFor(new TypeError('no luck')), 'no luck')
  assert.equal(sentenceFor('a text'), 'a text')
  assert.equal(sentenceFor(undefined), 'undefined')
})
