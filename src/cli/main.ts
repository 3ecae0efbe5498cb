#!/usr/bin/env node
import { run } from './run.ts'

// Without a listener of its own, Node opens its inspector to the world of this machine when SIGUSR1 comes.
process.on('SIGUSR1', () => undefined)

process.exitCode = await run(process.argv.slice(2))
