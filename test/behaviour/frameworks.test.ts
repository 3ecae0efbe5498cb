import { createServer, type RequestListener } from 'node:http'
import type { FastifyLike } from '../../src/node.ts'
import { fastifySite, middleware, type SiteMiddleware } from '../../src/node.ts'
import { host, hostAbsent } from '../support/hosts.ts'
import { listening } from '../support/listening.ts'
import { http1Client } from '../support/transports.ts'
import { PARSED, ROUTES_BY_TEXT } from './cannot.ts'
import { behaviour } from './suite.ts'

const NO_ASTERISK = { 'OPTIONS *': 'it has no route for it' }

type App = RequestListener & { use(middleware: SiteMiddleware): unknown }

for (const name of ['express', 'express4', 'connect']) {
  behaviour(
    name,
    async (site) => {
      const app = host<() => App>(name)()
      app.use(middleware(site))
      const server = await listening(createServer(app))
      return { transport: http1Client(`http://127.0.0.1:${server.port}`), close: server.close }
    },
    { ...PARSED, ...ROUTES_BY_TEXT, ...(name === 'connect' && NO_ASTERISK) },
    hostAbsent(name),
  )
}

interface Fastify {
  register(plugin: unknown, options?: { prefix: string }): unknown
  ready(): Promise<unknown>
  close(): Promise<unknown>
}

behaviour(
  'fastify',
  async (site) => {
    let listener: RequestListener = () => {}
    const fastify = host<(options: object) => Fastify>('fastify')({
      serverFactory: (handler: RequestListener) => {
        listener = handler
        return createServer()
      },
    })
    fastify.register(fastifySite(site) satisfies (instance: FastifyLike, options: unknown, done: () => void) => void)
    await fastify.ready()
    const server = await listening(createServer(listener))
    return {
      transport: http1Client(`http://127.0.0.1:${server.port}`),
      async close() {
        await server.close()
        await fastify.close()
      },
    }
  },
  { ...PARSED, ...ROUTES_BY_TEXT, ...NO_ASTERISK },
  hostAbsent('fastify'),
)
