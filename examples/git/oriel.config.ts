import { fileURLToPath } from 'node:url'
import { defineConfig } from 'oriel'

export default defineConfig({
  listen: [{ port: 8080, host: '127.0.0.1' }],
  routes: [
    {
      match: '/git/*',
      limits: { body: 4_000_000_000 },
      cgi: {
        program: '/usr/lib/git-core/git-http-backend',
        env: {
          GIT_PROJECT_ROOT: fileURLToPath(new URL('./repositories', import.meta.url)),
          GIT_HTTP_EXPORT_ALL: '1',
        },
      },
    },
  ],
})
