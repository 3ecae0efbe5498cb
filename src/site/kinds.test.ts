import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Response } from '../message/response.ts'
import { foldObjects } from '../object/folded.ts'
import { LocalServer } from '../object/local-server.ts'
import { Objects } from '../object/objects.ts'
import { kindOf, RESOURCE_KEYS, type ResourceKeys } from './kinds.ts'
import { SiteObjects } from './object-routes.ts'
import { Site } from './site.ts'

test('each key names a resource', async () => {
  const base = mkdtempSync(join(tmpdir(), 'oriel-kinds-'))
  try {
    writeFileSync(join(base, 'a.txt'), 'files')
    writeFileSync(join(base, 'run.txt'), '#!/bin/sh\nprintf "Content-Type: text/plain\\n\\ncgi"\n')
    const given: Record<keyof ResourceKeys, unknown> = {
      files: '.',
      module: () => new Response('module'),
      resource: () => new Response('resource'),
      cgi: '.',
      fastcgi: 'unix:nobody.sock',
      app: { command: 'nobody', queue: 0 },
      wsgi: { module: 'nobody', queue: 0 },
      proxy: 'unix:nobody.sock',
      scgi: 'unix:nobody.sock',
      object: 'echo@paul',
      authorize: { access: 'public' },
      redirect: '/redirect',
      respond: 'respond',
    }
    chmodSync(join(base, 'run.txt'), 0o755)
    const echo = foldObjects({ echo: () => new Response('object') })
    const objects = new Objects({ paul: { server: new LocalServer('module:paul', echo) } })
    for (const key of RESOURCE_KEYS) {
      const site = new Site({
        routes: [{ match: '/*', [key]: given[key] }],
        place: { base },
        objects: new SiteObjects(objects),
      })
      const answer = await site.request(key === 'cgi' ? '/run.txt' : '/a.txt')
      if (key === 'authorize') {
        assert.equal(answer.status, 403, 'nobody says what it is about')
        continue
      }
      if (key === 'fastcgi' || key === 'scgi' || key === 'proxy' || key === 'app' || key === 'wsgi') {
        assert.equal(answer.status, 503, 'nobody listens there')
        continue
      }
      assert.equal(
        key === 'redirect' ? answer.headers.get('location') : await answer.text(),
        key === 'redirect' ? '/redirect' : key,
      )
    }
  } finally {
    rmSync(base, { recursive: true })
  }
})

test('a route has exactly one resource; undefined is none', () => {
  assert.equal(kindOf({ redirect: '/a', respond: undefined as never }), 'redirect')
  assert.throws(
    () => kindOf({}),
    /a route needs one of files, module, resource, cgi, fastcgi, scgi, proxy, app, wsgi, object, authorize, redirect, respond/,
  )
  assert.throws(() => kindOf({ files: '.', respond: 'x' }), /a route has one resource, not files and respond/)
})
