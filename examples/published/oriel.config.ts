import { defineConfig } from 'oriel'

export default defineConfig({
  listen: [{ port: 8080, host: '127.0.0.1' }],
  objects: {
    paul: 'module:./paul.mjs',
    notes: 'command:node notes.mjs',
    joe: 'command:perl joe.pl',
  },
})
