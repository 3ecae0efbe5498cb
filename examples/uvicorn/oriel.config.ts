import { defineConfig } from 'oriel'

export default defineConfig({
  listen: [{ port: 8080, host: '127.0.0.1' }],
  routes: [
    {
      match: '/api/*',
      app: {
        command: '/usr/bin/python3 -m uvicorn --uds $SOCKET --forwarded-allow-ips "*" --no-access-log main:app',
        processes: 2,
        // What is sent reaches the application while it is sent.
        spool: false,
      },
    },
    { match: '/*', files: './public' },
  ],
})
