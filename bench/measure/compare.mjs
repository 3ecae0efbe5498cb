// One request outside the load: the status, the body and the fields that every candidate must send.
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import { Failure } from '../harness/failure.mjs'

const usual = ['date', 'content-type', 'content-length']

function get(base, { target, headers }) {
  const { protocol, hostname, port } = new URL(base)
  const { Agent, request } = protocol === 'https:' ? https : http
  const agent = new Agent({ keepAlive: true })
  const options = { protocol, hostname, port, path: target, headers, agent, rejectUnauthorized: false, timeout: 10_000 }
  return new Promise((resolve, reject) => {
    const sent = request(options, (response) => {
      const chunks = []
      response.on('data', (chunk) => chunks.push(chunk)).on('error', reject)
      response.on('end', () => resolve({ response, body: Buffer.concat(chunks) }))
    })
    sent.on('timeout', () => sent.destroy(new Error('no answer within 10 seconds')))
    sent.on('error', reject).end()
  }).finally(() => agent.destroy())
}

// The same over HTTP/2, in the shape of an answer of node:http.
function getHttp2(base, { target, headers: { Host: authority, ...headers } }) {
  const session = http2.connect(base, { rejectUnauthorized: false })
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': target, ':authority': authority, ...headers })
    const chunks = []
    let answer = {}
    session.on('error', reject)
    stream.on('response', (fields) => {
      answer = fields
    })
    stream.setTimeout(10_000, () => reject(new Error('no answer within 10 seconds')))
    stream.on('data', (chunk) => chunks.push(chunk)).on('error', reject)
    stream.on('end', () => {
      resolve({ response: { statusCode: answer[':status'], headers: answer }, body: Buffer.concat(chunks) })
    })
  }).finally(() => session.destroy())
}

// `fields` are those that must be there: of a program's answer not every server knows the length.
export async function compare(base, requests, expected, { http2: overHttp2 = false, fields = usual } = {}) {
  const request = requests[Math.floor(Math.random() * requests.length)]
  const { response, body } = await (overHttp2 ? getHttp2 : get)(base, request).catch((error) => {
    throw new Failure(`GET ${request.target} failed: ${error.message}`)
  })
  if (response.statusCode !== 200) throw new Failure(`GET ${request.target} gave ${response.statusCode}, not 200`)
  if (!body.equals(expected)) throw new Failure(`GET ${request.target} gave another body than expected`)
  const missing = fields.find((field) => response.headers[field] === undefined)
  if (missing) throw new Failure(`GET ${request.target} gave no ${missing} field`)
  if (response.headers.connection?.toLowerCase() === 'close') {
    throw new Failure(`GET ${request.target} closed its connection instead of keeping it alive`)
  }
}

// A guard that lets everybody in would be fast.
export async function compareRefused(base, [{ target, headers }]) {
  const { Authorization: _, ...others } = headers
  const { response } = await get(base, { target, headers: others })
  if (response.statusCode !== 401)
    throw new Failure(`GET ${target} without a login gave ${response.statusCode}, not 401`)
}
