import { defineConfig } from 'oriel'

/** Notes that everybody may read and only their owners may change; what happens is logged by an object. */
export default defineConfig({
  listen: [{ port: 8080 }],
  objects: {
    // The notes are in the memory of one process: `processes` stays 1.
    notes: 'command:node notes-gate.mjs',
    office: { handle: 'command:node log.mjs', env: { ALARM_URL: process.env['ALARM_URL'] ?? '' } },
  },
  routes: [
    {
      match: '/notes/*',
      object: 'notes@notes',
      access: {
        any: [
          { allow: { methods: ['GET'] } },
          { scheme: 'basic', store: { htpasswd: './htpasswd' }, authorizer: 'gate@notes' },
        ],
      },
    },
  ],
  log: [{ object: 'log@office' }],
})
