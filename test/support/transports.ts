import { once } from 'node:events'
import { Agent, request as request1 } from 'node:http'
import { type ClientHttp2Session, connect as connect2 } from 'node:http2'
import type { TestContext } from 'node:test'
import { Engine } from '../../src/door/engine.ts'
import { serveFastCgi } from '../../src/door/fastcgi/server.ts'
import type { Site } from '../../src/site/site.ts'
import { seenIn, WebServerEnd, whole } from './web-server-end.ts'

export interface Question {
  readonly method?: string
  /** As it goes on the wire. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string | Uint8Array
}

/** What a client saw: the fields without those that belong to a connection or to the moment. */
export interface Seen {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly trailers: Readonly<Record<string, string>>
}

/** One way to a site. */
export interface Transport {
  readonly name: string
  ask(question: Question): Promise<Seen>
}

const OF_THE_MOMENT = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding'])

function plain(fields: object): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (!name.startsWith(':') && !OF_THE_MOMENT.has(name)) kept[name] = String(value)
  }
  return kept
}

/** The ways to a site: HTTP/1.1, HTTP/2, FastCGI, and in process. Closed after the test. */
export async function transports(t: TestContext, site: Site): Promise<readonly Transport[]> {
  const engine = new Engine(site)
  const { url } = await engine.listen({ port: 0, http2: true })
  const agent = new Agent({ keepAlive: true })
  const session = connect2(url)
  const application = await serveFastCgi(site, { listen: '127.0.0.1:0' })
  const webServer = await WebServerEnd.open(application.address)
  t.after(async () => {
    agent.destroy()
    session.destroy()
    webServer.socket.destroy()
    await application.close()
    await engine.close()
  })
  return [
    { name: 'HTTP/1.1', ask: (question) => askHttp1(url, agent, question) },
    { name: 'HTTP/2', ask: (question) => askHttp2(session, question) },
    { name: 'FastCGI', ask: (question) => askFastCgi(webServer, question) },
    { name: 'site.request()', ask: (question) => askInProcess(site, question) },
  ]
}

async function askHttp1(
  url: string,
  agent: Agent,
  { method = 'GET', path, headers = {}, body }: Question,
): Promise<Seen> {
  const { hostname, port } = new URL(url)
  const sent = request1({ host: hostname, port, method, path, headers: { host: 'a', ...headers }, agent })
  sent.end(body)
  const [answer] = await once(sent, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk)
  return {
    status: answer.statusCode,
    headers: plain(answer.headers),
    body: Buffer.concat(chunks),
    trailers: plain(answer.trailers),
  }
}

async function askHttp2(
  session: ClientHttp2Session,
  { method = 'GET', path, headers = {}, body }: Question,
): Promise<Seen> {
  const fields = { ':method': method, ':path': path, ':authority': 'a', ...headers }
  const stream = session.request(fields, { endStream: body === undefined })
  let trailers: object = {}
  stream.on('trailers', (found) => {
    trailers = found
  })
  // An answer before the end of the body is followed by a reset without a fault.
  stream.on('error', () => {})
  if (body !== undefined) stream.end(body)
  const [answer] = await once(stream, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return { status: answer[':status'], headers: plain(answer), body: Buffer.concat(chunks), trailers: plain(trailers) }
}

async function askFastCgi(webServer: WebServerEnd, { method, path, headers = {}, body }: Question): Promise<Seen> {
  const variables: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    const variable = name.toUpperCase().replaceAll('-', '_')
    const text = Array.isArray(value) ? value.join(', ') : value
    variables[variable === 'CONTENT_TYPE' ? variable : `HTTP_${variable}`] = text
  }
  const text = body === undefined ? undefined : Buffer.from(body).toString('latin1')
  const asked = { path, variables, ...(method !== undefined && { method }), ...(text !== undefined && { body: text }) }
  const { headers: fields, ...seen } = seenIn(await webServer.send(whole(asked)).answer())
  return { ...seen, headers: plain(fields) }
}

async function askInProcess(site: Site, { method = 'GET', path, headers = {}, body }: Question): Promise<Seen> {
  const response = await site.request(path, {
    method,
    headers: { host: 'a', ...headers },
    ...(body !== undefined && { body }),
  })
  const found: Record<string, string> = {}
  for (const [name, value] of response.headers) found[name] = name in found ? `${found[name]},${value}` : value
  const content = Buffer.from(await response.bytes())
  const takes = String(headers['te'] ?? '').includes('trailers')
  const trailers = takes && response.trailers !== undefined ? await response.trailers() : []
  return {
    status: response.status,
    headers: plain(found),
    body: content,
    trailers: plain(Object.fromEntries(trailers)),
  }
}
