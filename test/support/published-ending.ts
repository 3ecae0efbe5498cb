import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { publish } from '../../src/door/publish/publish.ts'
import { Response } from '../../src/message/response.ts'

/* A program that has more open than its objects, which it is told to end. */

const how = process.argv[2]
const go = join(process.env['XDG_RUNTIME_DIR'] ?? '', 'go')
const timer = setInterval(() => {}, 1000)

if (how === 'own') process.once('SIGTERM', () => setImmediate(() => process.exit(7)))

const publication = await publish('ending', {
  quick: () => new Response('quick'),
  slow: async () => {
    process.stdout.write('asked\n')
    let told = false
    while (!existsSync(go)) {
      // Nothing is taken any more from then on.
      if (!told && !existsSync(socket)) process.stdout.write('told to end\n')
      told ||= !existsSync(socket)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    return new Response('slow')
  },
})
const socket = publication.handle.replace('fastcgi:unix:', '')
if (how === 'closes') {
  clearInterval(timer)
  await publication.close()
}
