import { publish } from '../../src/door/publish/publish.ts'
import { OBJECTS } from './objects-for-tests.ts'

/* Objects of many kinds, published by a process of its own. What they have to tell goes to standard output. */

const report = (level: string, event: string, fields: object = {}): void => {
  const { error, ...others } = fields as { error?: unknown }
  process.stdout.write(`${level}: ${event} ${JSON.stringify(others)} ${error instanceof Error ? error.stack : ''}\n`)
}
await publish('tests', OBJECTS, { report })
