import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Config } from '../config/config.ts'
import { Modules } from '../config/modules.ts'
import type { Bound, ListenAddress } from '../io/bound.ts'
import { handedOver } from './handed-over.ts'

const HTTP: ListenAddress = { host: '::', port: 80 }
const HTTPS: ListenAddress = { host: '::', port: 443, tls: [{ cert: 'a.pem', key: 'a.key' }] }
const LOCAL: ListenAddress = { unix: '/run/site.sock', mode: '0660' }

/** Where a successor listens, whose predecessor had these addresses, the foreign ones of the service manager. */
async function listensAfter(config: Config, own: ListenAddress[], foreign: ListenAddress[]) {
  const bound = (address: ListenAddress, foreign: boolean): Bound => ({
    ...{ address, foreign, handle: { fd: -1, close: () => undefined } },
    close: () => undefined,
  })
  const all = [...own.map((address) => bound(address, false)), ...foreign.map((address) => bound(address, true))]
  const predecessor = new Map(all.map((one, i) => [String(i), one]))
  const read = async () => ({ config, build: { base: '/srv', source: { name: 'x' } } })
  return (await handedOver(read, false, predecessor).read(new Modules())).config.listen
}

test('a successor listens where its predecessor had sockets of the service manager, if the config leaves it open', async () => {
  const addresses = [HTTP, { host: '::', port: 443 }, { unix: '/run/site.sock' }]
  assert.deepEqual(await listensAfter({ routes: [] }, [], [HTTP, HTTPS, LOCAL]), addresses)
})

test('what the config says goes first, and addresses that the predecessor made itself are not kept', async () => {
  assert.deepEqual(await listensAfter({ routes: [], listen: [LOCAL] }, [], [HTTP]), [LOCAL])
  assert.equal(await listensAfter({ routes: [] }, [HTTP], []), undefined)
})
