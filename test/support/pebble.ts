import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { certificate } from './certificates.ts'
import { makeFolder } from './folder.ts'
import { needPeer } from './peers.ts'
import { freePorts } from './ports.ts'

/** A real ACME server on loopback, which looks for what it validates at `http` and `tls` of whatever name. */
export interface Pebble {
  readonly directory: string
  /** The PEM file that it is trusted by. */
  readonly root: string
  /** Where it connects for HTTP-01. */
  readonly http: number
  /** Where it connects for TLS-ALPN-01. */
  readonly tls: number
  /** The root of the certificates that it gives, made anew at each start. */
  issuer(): Promise<string>
  stop(): Promise<void>
}

/** Starts Pebble and a DNS server that knows every name; undefined where the test is skipped for want of them. */
export async function startPebble(t: TestContext): Promise<Pebble | undefined> {
  const program = needPeer(t, 'pebble')
  const names = needPeer(t, 'pebble-challtestsrv')
  const own = certificate(t, 'localhost', '127.0.0.1')
  if (program === undefined || names === undefined || own === undefined) return undefined
  const [acme = 0, management = 0, http = 0, tls = 0, dns = 0, dnsManagement = 0] = await freePorts(6)
  const config = {
    pebble: {
      listenAddress: `127.0.0.1:${acme}`,
      managementListenAddress: `127.0.0.1:${management}`,
      certificate: own.cert,
      privateKey: own.key,
      httpPort: http,
      tlsPort: tls,
    },
  }
  const file = join(makeFolder(), 'pebble.json')
  writeFileSync(file, JSON.stringify(config))
  const dnsServer = start(t, names, [
    ...['-defaultIPv4', '127.0.0.1', '-defaultIPv6', '', '-dns01', `127.0.0.1:${dns}`],
    ...['-http01', '', '-https01', '', '-tlsalpn01', '', '-management', `127.0.0.1:${dnsManagement}`],
  ])
  const pebble = start(t, program, ['-config', file, '-dnsserver', `127.0.0.1:${dns}`])
  await Promise.all([
    dnsServer.said(/Starting management server|Starting server/),
    pebble.said(/ACME directory available/),
  ])
  // It says that it listens a little before it does.
  for (let tries = 1; ; tries++) {
    try {
      await fetched(`https://127.0.0.1:${acme}/dir`)
      break
    } catch (error) {
      if (tries === 100) throw error
      await setTimeout(50)
    }
  }
  return {
    directory: `https://localhost:${acme}/dir`,
    root: own.cert,
    ...{ http, tls },
    issuer: () => fetched(`https://127.0.0.1:${management}/roots/0`),
    stop: () => pebble.stop(),
  }
}

interface Started {
  said(pattern: RegExp): Promise<void>
  stop(): Promise<void>
}

function start(t: TestContext, program: string, args: readonly string[]): Started {
  // Validations of names that were proved before are made again; one nonce in ten is refused.
  const settings = { PEBBLE_VA_NOSLEEP: '1', PEBBLE_AUTHZREUSE: '0', PEBBLE_WFE_NONCEREJECT: '10' }
  const child = spawn(program, args, { env: { ...process.env, ...settings }, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const stop = (): Promise<void> => ended(child)
  t.after(stop)
  const said = (pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (bytes: Buffer): void => {
        output += bytes.toString()
        if (pattern.test(output)) resolve()
      }
      child.stdout.on('data', look)
      child.stderr.on('data', look)
      child.once('exit', () => reject(new Error(`${program} ended: ${output}`)))
    })
  return { said, stop }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill()
  await once(child, 'exit')
}

async function fetched(url: string): Promise<string> {
  const [response] = await once(request(url, { rejectUnauthorized: false, agent: false }).end(), 'response')
  let text = ''
  for await (const piece of response) text += piece
  return text
}
