import { serveFastCgi } from '../../src/door/fastcgi/server.ts'
import type { Request } from '../../src/message/request.ts'
import { Response } from '../../src/message/response.ts'

/*
 * A FastCGI application as mod_fcgid and spawn-fcgi start it, for the tests: on descriptor 0, until SIGTERM.
 */

const server = await serveFastCgi((request: Request) => new Response(`${request.path} ${process.pid}`))
process.stdout.write(`${server.address}\n`)
process.on('SIGTERM', () => void server.close())
