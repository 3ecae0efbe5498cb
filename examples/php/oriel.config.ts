import { defineConfig } from 'oriel'

export default defineConfig({
  listen: [{ port: 8080, host: '127.0.0.1' }],
  routes: [
    {
      match: '/*',
      limits: { body: 100_000_000 },
      fastcgi: {
        address: 'unix:/run/php/php8.2-fpm.sock',
        root: './public',
        suffix: '.php',
        try: ['file', '/index.php'],
      },
    },
  ],
})
