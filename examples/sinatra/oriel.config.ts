import { defineConfig } from 'oriel'

export default defineConfig({
  listen: [{ port: 8080, host: '127.0.0.1' }],
  routes: [
    {
      match: '/*',
      app: {
        command: 'puma --quiet --environment production --threads 4:4 --bind unix://$SOCKET config.ru',
        processes: { min: 1, max: 3 },
        // As many as it has threads: what is more waits for another process.
        connections: 4,
      },
    },
  ],
})
