import { fileURLToPath } from 'node:url'
import { defineConfig } from 'oriel'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  listen: [{ port: 8080, host: '127.0.0.1' }],
  routes: [
    { match: '/gitweb/static/*', files: '/usr/share/gitweb/static' },
    {
      match: '/gitweb/*',
      cgi: {
        program: '/usr/share/gitweb/gitweb.cgi',
        env: { GITWEB_CONFIG: here('./gitweb.conf'), GIT_PROJECT_ROOT: here('./repositories') },
      },
    },
  ],
})
