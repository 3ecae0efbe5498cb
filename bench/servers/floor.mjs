// The floor: the least that an HTTP/1.1 server on node:net (or node:tls) can do and still read what it is sent.
// It parses every head whole, answers pipelined requests in order, waits for a head that is split over reads, and
// writes one string. Only the Date line changes in that string, once a second.
import net from 'node:net'
import tls from 'node:tls'
import { body, port, tlsOptions } from './settings.mjs'

const rest = `Content-Type: text/plain\r\nContent-Length: ${body.length}\r\nConnection: keep-alive\r\n\r\n${body}`
let answer = ''

function renderAnswer() {
  answer = `HTTP/1.1 200 OK\r\nDate: ${new Date().toUTCString()}\r\n${rest}`
}

function parseHead(text, from, end) {
  const lineEnd = text.indexOf('\r\n', from)
  const afterMethod = text.indexOf(' ', from)
  const afterTarget = text.indexOf(' ', afterMethod + 1)
  const headers = {}
  for (let at = lineEnd + 2; at < end; ) {
    const colon = text.indexOf(':', at)
    const stop = text.indexOf('\r\n', at)
    headers[text.slice(at, colon).toLowerCase()] = text.slice(colon + 1, stop).trim()
    at = stop + 2
  }
  return {
    method: text.slice(from, afterMethod),
    target: text.slice(afterMethod + 1, afterTarget),
    version: text.slice(afterTarget + 1, lineEnd),
    headers,
  }
}

function serve(socket) {
  let pending = ''
  socket.setNoDelay(true)
  socket.on('data', (chunk) => {
    const text = pending + chunk.latin1Slice()
    let from = 0
    let out = ''
    let keep = true
    for (let end = text.indexOf('\r\n\r\n'); keep && end !== -1; end = text.indexOf('\r\n\r\n', from)) {
      const request = parseHead(text, from, end + 2)
      keep = request.version === 'HTTP/1.1' && request.headers.connection !== 'close'
      out += answer
      from = end + 4
    }
    pending = from === text.length ? '' : text.slice(from)
    if (out !== '') socket.write(out, 'latin1')
    if (!keep) socket.end()
  })
  socket.on('error', () => socket.destroy())
}

renderAnswer()
setInterval(renderAnswer, 1000)
const server = tlsOptions ? tls.createServer(tlsOptions, serve) : net.createServer(serve)
server.listen(port, '127.0.0.1')
