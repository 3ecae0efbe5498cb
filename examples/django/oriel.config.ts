import { defineConfig } from 'oriel'

export default defineConfig({
  listen: [{ port: 8080, host: '127.0.0.1' }],
  routes: [
    { match: '/static/*', files: './static' },
    { match: '/media/*', files: './media' },
    { match: '/*', wsgi: { module: 'mysite.wsgi:application', python: '/usr/bin/python3', processes: 2, threads: 2 } },
  ],
})
