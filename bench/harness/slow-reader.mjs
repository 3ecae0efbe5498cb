// Asks for something huge and reads a byte of it a second, for as long as it runs.
import net from 'node:net'

const { hostname, port, pathname } = new URL(process.argv[2])
const socket = net.connect(Number(port), hostname)
socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`)
socket.pause()
setInterval(() => socket.read(1), 1000)
