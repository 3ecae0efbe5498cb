import { publish } from '../../src/door/publish/publish.ts'
import { behaviourOptions } from '../behaviour/site.ts'
import { objectsOf } from './objects-of.ts'

/* The resources of the behaviour suite, published: a process of its own. */

await publish('behaviour', objectsOf(behaviourOptions(process.argv[2] ?? '')).objects, { report: () => {} })
