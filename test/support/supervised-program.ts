import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/*
 * An application for tests of `app:`, run by itself: `node supervised-program.js [BEHAVIOUR …]`. It does what it is asked
 * by the path of a request, and tells on its standard output what a test waits for.
 */

const [socket = '', behaviours] = [process.env['SOCKET'], new Set(process.argv.slice(2))]
const SIZE = 4096
let answered = 0

function tell(what: string): void {
  process.stdout.write(`${what} ${process.pid}\n`)
}

function say(response: ServerResponse, text: string): void {
  response.setHeader('Content-Type', 'text/plain')
  response.end(text)
}

/** Waits for something that a test does by a file in the working folder. */
function whenThere(file: string): Promise<void> {
  return new Promise((resolve) => {
    const look = setInterval(() => {
      if (!existsSync(file)) return
      clearInterval(look)
      resolve()
    }, 10)
  })
}

const PATHS: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>> = {
  // As `Load` wants it.
  '/': (_, response) => {
    say(response, String(process.pid).padEnd(SIZE, '.'))
    answered++
    if (behaviours.has('dies-each-10') && answered % 10 === 0) response.on('finish', () => process.exit(7))
  },
  '/socket': (_, response) => say(response, socket),
  '/who': (_, response) => say(response, `${process.getuid?.()} ${process.getgid?.()}`),
  '/hold': async ({ method }, response) => {
    tell(`held ${method} by`)
    await whenThere('let-go')
    say(response, String(process.pid))
  },
  '/begin': async (_, response) => {
    response.write('half')
    tell('begun by')
    await whenThere('let-go')
    response.end('whole')
  },
  '/die': () => process.exit(7),
  '/hang': () => {
    tell('hangs')
    for (;;);
  },
  '/eat': (_, response) => {
    kept.push(Buffer.alloc(300 << 20, 1))
    say(response, String(process.pid))
  },
  '/fork': (_, response) => {
    const children = [false, true].map((detached) => spawn('sleep', ['1000'], { detached, stdio: 'ignore' }))
    // One that has left its session, and whose parents are gone.
    execFileSync('sh', ['-c', 'setsid sh -c "sleep 1000 & echo \\$! > forked" < /dev/null > /dev/null 2>&1; true'])
    say(response, children.map(({ pid }) => pid).join(' '))
  },
  '/shout': (_, response) => {
    const line = `${'x'.repeat(1000)}\n`
    for (let i = 0; i < 20_000; i++) process.stderr.write(line)
    say(response, String(process.pid))
  },
}
const kept: Buffer[] = []

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://a')
  const act = PATHS[pathname]
  request.resume()
  if (act === undefined) response.writeHead(404).end()
  else act(request, response)
})
server.keepAliveTimeout = 60_000

server.on('upgrade', (_: IncomingMessage, connection: Duplex) => {
  connection.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  connection.on('data', (bytes) => connection.write(bytes))
  connection.on('end', () => connection.end())
  connection.on('error', () => connection.destroy())
})

if (behaviours.has('dies')) {
  process.stderr.write('no database at db.example\n')
  process.exit(3)
}
process.on('SIGTERM', () => {
  if (behaviours.has('ignores-term')) return
  // All that it was sent is answered: whoever asks for the end too early shows by what is lost.
  process.exit(0)
})
if (behaviours.has('never')) setInterval(() => undefined, 1000)
else if (behaviours.has('late')) void whenThere('listen').then(() => server.listen(socket))
else server.listen(socket)
