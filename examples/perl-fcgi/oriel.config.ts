import { defineConfig } from 'oriel'

export default defineConfig({
  listen: [{ port: 8080, host: '127.0.0.1' }],
  routes: [{ match: '/counter/*', fastcgi: 'unix:./counter.sock' }],
})
