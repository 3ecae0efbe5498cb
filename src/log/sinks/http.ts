import * as http from 'node:http'
import * as https from 'node:https'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Batch } from './batch.ts'
import { NotNow, type Outlet, Undeliverable } from './outlet.ts'
import type { HttpPlace } from './place.ts'

const TIMEOUT = 10_000
/** A server that asks for a longer pause (RFC 9110 §10.2.3) gets this one, in milliseconds. */
const LONGEST_PAUSE = 60_000
/** Statuses by which a server says that it will never take this batch. */
const REFUSED: ReadonlySet<number> = new Set([400, 411, 413, 415, 422])

const compressed = promisify(gzip)

/**
 * Lines as the body of a POST, `application/x-ndjson`, one batch at a time on one connection. A batch whose answer does not
 * come is sent again, so a server may see it twice.
 */
export class HttpOutlet implements Outlet {
  readonly #url: URL
  readonly #place: HttpPlace
  readonly #agent: http.Agent
  readonly #request: typeof http.request

  /** @throws TypeError for what is no URL of HTTP. */
  constructor(place: HttpPlace) {
    this.#url = new URL(place.http)
    const secure = this.#url.protocol === 'https:'
    if (!secure && this.#url.protocol !== 'http:') throw new TypeError(`${place.http} is no http or https URL`)
    this.#place = place
    const options = { keepAlive: true, maxSockets: 1 }
    this.#agent = secure ? new https.Agent(options) : new http.Agent(options)
    this.#request = secure ? https.request : http.request
  }

  async send({ bytes }: Batch): Promise<void> {
    // A server may answer before it has read all of it.
    const body = this.#place.gzip === true ? await compressed(bytes) : Buffer.from(bytes)
    const { status, again } = await this.#post(body)
    if (status >= 200 && status < 300) return
    const why = `it answers ${status}`
    if (REFUSED.has(status)) throw new Undeliverable(why)
    const seconds = Number(again ?? 0)
    throw new NotNow(why, Number.isFinite(seconds) ? Math.min(LONGEST_PAUSE, seconds * 1000) : 0)
  }

  async close(): Promise<void> {
    this.#agent.destroy()
  }

  /** The whole exchange has one limit of time: a server that sends a byte now and then would hold it for ever. */
  #post(body: Buffer): Promise<{ status: number; again: string | undefined }> {
    const { headers, gzip: packed, timeout = TIMEOUT } = this.#place
    return new Promise((resolve, reject) => {
      const request = this.#request(this.#url, {
        method: 'POST',
        agent: this.#agent,
        headers: {
          'User-Agent': 'oriel',
          'Content-Type': 'application/x-ndjson',
          'Content-Length': body.byteLength,
          ...(packed === true && { 'Content-Encoding': 'gzip' }),
          ...headers,
        },
      })
      const late = setTimeout(() => {
        request.destroy(new Error(`it has not answered after ${timeout / 1000} seconds`))
      }, timeout)
      request.on('error', (error) => {
        clearTimeout(late)
        reject(error)
      })
      request.on('response', (response) => {
        response.on('error', reject)
        // The connection is used again once the answer has been read.
        response.resume().on('end', () => {
          clearTimeout(late)
          resolve({ status: response.statusCode ?? 0, again: response.headers['retry-after'] })
        })
      })
      request.end(body)
    })
  }
}
