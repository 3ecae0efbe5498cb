#!/usr/bin/env node
import { run } from './run.ts'

// Without a listener of its own, Node opens its inspector to the world of this machine when SIGUSR1 comes.
process.on('SIGUSR1', () => undefined)
// Whoever read our output has gone (`oriel | head`): the sites are served all the same.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

const code = await run(process.argv.slice(2))
// What modules of a site still have running (a timer, a connection) must not keep a server that has stopped.
process.stdout.write('', () => process.exit(code))
