// Node's own server, node:http, or node:https when there is a certificate.
import http from 'node:http'
import https from 'node:https'
import { body, keepAliveTimeout, port, tlsOptions } from './settings.mjs'

const headers = { 'Content-Type': 'text/plain', 'Content-Length': body.length }

function answer(_request, response) {
  response.writeHead(200, headers)
  response.end(body)
}

const server = tlsOptions ? https.createServer(tlsOptions, answer) : http.createServer(answer)
server.keepAliveTimeout = keepAliveTimeout
server.listen(port, '127.0.0.1')
