import assert from 'node:assert/strict'
import { bind } from '../../src/object/bind.ts'

/* A program that calls an object, and has nothing more to do. */

const counter = bind(process.argv[2] ?? '', 'counter')
assert.match(await (await counter.GET('/')).text(), /^\d+$/)
process.stdout.write('called\n')
