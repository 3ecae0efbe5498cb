// Hono on its adapter for Node.js.
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { body, keepAliveTimeout, port } from './settings.mjs'

const app = new Hono()
app.get('/hello', (context) => context.text(body))
const server = serve({ fetch: app.fetch, port, hostname: '127.0.0.1' })
server.keepAliveTimeout = keepAliveTimeout
