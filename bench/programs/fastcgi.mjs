// The resource of the bench as a FastCGI application, in a process of its own; and a gigabyte for whoever reads slowly.

import { serveFastCgi } from '../../dist/fastcgi.js'
import { Response } from '../../dist/index.js'
import { GET as hello } from '../hello.mjs'

const block = Buffer.alloc(65536)

async function* gigabyte() {
  for (let i = 0; i < 16384; i++) yield block
}

const GET = (request) => (request.path.endsWith('/huge') ? new Response(gigabyte()) : hello())

await serveFastCgi({ GET }, { listen: `unix:${process.env.BENCH_SOCKET}` })
