// A process that holds many connections. Told `open` it opens them, a few at a time, and makes one request on each;
// told `count` it says how many are still open. Several source addresses leave ports enough.
import net from 'node:net'
import { prepareRequests, requestText } from './requests.mjs'

const [port, connections, path, body] = process.argv.slice(2)
const sources = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5']
const atOnce = 100
const requests = prepareRequests(path, `127.0.0.1:${port}`).map(requestText)
const open = new Set()

function connect(index) {
  return new Promise((resolve, reject) => {
    const localAddress = sources[index % sources.length]
    const socket = net.connect({ port: Number(port), host: '127.0.0.1', localAddress })
    open.add(socket)
    let answer = ''
    socket.setEncoding('latin1').on('data', (text) => {
      answer += text
      if (!answer.startsWith('HTTP/1.1 200 ')) socket.destroy(new Error(`an answer began with ${answer.slice(0, 20)}`))
      else if (answer.endsWith(body)) resolve()
    })
    socket.on('end', () => socket.destroy())
    socket.on('error', reject).on('close', () => {
      open.delete(socket)
      reject(new Error('the server closed it'))
    })
    socket.write(requests[index % requests.length])
  })
}

async function openAll() {
  for (let done = 0; done < Number(connections); done += atOnce) {
    const size = Math.min(atOnce, Number(connections) - done)
    await Promise.all(Array.from({ length: size }, (_, index) => connect(done + index)))
  }
}

process.on('message', async (message) => {
  if (message === 'count') return process.send({ open: open.size })
  try {
    await openAll()
    process.send({ open: open.size })
  } catch (error) {
    process.send({ error: `connection ${open.size} of ${connections} failed: ${error.message}` })
  }
})
