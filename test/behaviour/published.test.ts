import { join } from 'node:path'
import { Engine } from '../../src/door/engine.ts'
import { Site } from '../../src/site/site.ts'
import { objectsOf } from '../support/objects-of.ts'
import { PublishingProgram, wireServer } from '../support/published.ts'
import { http1Client, http2Client } from '../support/transports.ts'
import { HTTP2 } from './cannot.ts'
import { behaviourOptions } from './site.ts'
import { behaviour, type Cannot, type Opening } from './suite.ts'

/*
 * All that a site promises, with each of its resources an object of another process: what answers a client must not be
 * able to tell.
 */

const PROGRAM = join(import.meta.dirname, '../support/published-behaviour.js')

function published(http2: boolean): Opening {
  return async (_, root) => {
    const program = new PublishingProgram(PROGRAM, [root])
    const server = wireServer(await program.handle())
    const engine = new Engine(new Site(objectsOf(behaviourOptions(root)).options(server)))
    const { url } = await engine.listen({ port: 0, http2 })
    const close = async (): Promise<void> => {
      await engine.close()
      await program.kill()
    }
    return { transport: http2 ? http2Client(url) : http1Client(url), close }
  }
}

const SOONER = 'it may be known before anything has left, and is a 502 then: see test/objects/odd-answers.test.ts'
const BREAKS: Cannot = {
  'a stream that breaks off': SOONER,
  'a body that is too short': SOONER,
  'a body that is too long': SOONER,
}

behaviour('published objects behind HTTP/1.1', published(false), BREAKS)
behaviour('published objects behind HTTP/2', published(true), { ...HTTP2, ...BREAKS })
