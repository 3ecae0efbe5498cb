import { defineConfig } from 'oriel'

export default defineConfig({
  listen: [{ port: 8080, host: '127.0.0.1' }],
  routes: [{ match: '/*', wsgi: { module: 'guestbook:make()', python: '/usr/bin/python3', processes: 2, threads: 4 } }],
})
