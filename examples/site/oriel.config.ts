import { defineConfig } from 'oriel'

export default defineConfig({
  listen: [{ port: 8080, host: '127.0.0.1' }],
  routes: [
    { match: '/guestbook/*', module: './guestbook.ts' },
    { match: '/*', files: { root: './public', listing: true } },
  ],
  errors: { 404: './public/404.html' },
})
