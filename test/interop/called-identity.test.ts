import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callOf, serveFastCgi, webServerUser } from '../../src/fastcgi.ts'
import { type Connection, type ExchangeRecord, Response, Site } from '../../src/index.ts'
import { serveScgi } from '../../src/scgi.ts'
import { openFolder } from '../support/peer-process.ts'
import { startNginx } from '../support/web-servers.ts'

const SOON = { timeout: 60_000 }

/** What nginx tells of a request beside the variables that all applications get. */
const TOLD = {
  REMOTE_USER: '$remote_user',
  AUTH_TYPE: 'Basic',
  REMOTE_HOST: 'client.example',
  HTTP_X_REQUEST_ID: '$request_id',
}

for (const [kind, start] of [
  ['fastcgi', serveFastCgi],
  ['scgi', serveScgi],
] as const) {
  test(`behind nginx by ${kind}, the log has the id and the names that nginx tells`, SOON, async (t) => {
    const records: ExchangeRecord[] = []
    const said: string[] = []
    const site = new Site({
      routes: [
        {
          match: '/*',
          access: { scheme: webServerUser },
          resource: (_: unknown, connection: Connection) => {
            connection.exchange.report('warn', 'Looked at.')
            return Response.json([connection.user?.name, connection.means?.type, callOf(connection) !== undefined])
          },
        },
      ],
      log: [{ logRequest: (record) => void records.push(record) }],
      report: (_, __, fields) => void said.push(String(fields?.['requestId'])),
    })
    const server = await start(site, { listen: '127.0.0.1:0' })
    t.after(() => server.close())
    const folder = openFolder({ users: 'ann:{PLAIN}secret\n' })
    const nginx = await startNginx(
      t,
      `auth_basic site; auth_basic_user_file ${folder}/users; add_header X-Id $request_id;
      location / { include /etc/nginx/${kind}_params; ${kind}_pass ${server.address};
        ${Object.entries(TOLD)
          .map(([name, value]) => `${kind}_param ${name} ${value};`)
          .join('\n')} }`,
    )
    if (nginx === undefined) return
    const headers = { Authorization: `Basic ${btoa('ann:secret')}`, 'X-Request-Id': 'forged' }
    const answer = await fetch(`${nginx.url}/a`, { headers })
    assert.deepEqual(await answer.json(), ['ann', 'Basic', kind === 'fastcgi'])
    const id = answer.headers.get('x-id')
    assert.match(id ?? '', /^[0-9a-f]{32}$/)
    const [record] = records
    assert.deepEqual(
      [record?.requestId, record?.remoteName, record?.remoteIp, record?.user],
      [id, 'client.example', '127.0.0.1', 'ann'],
    )
    assert.deepEqual(said, [id])
  })
}
