// Fastify as its own documentation starts it, without a logger.
import fastify from 'fastify'
import { body, keepAliveTimeout, port } from './settings.mjs'

const app = fastify({ keepAliveTimeout })
app.get('/hello', (_request, reply) => {
  reply.type('text/plain').send(body)
})
await app.listen({ port, host: '127.0.0.1' })
