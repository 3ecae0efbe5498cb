// The resource of the bench as a FastCGI application, in a process of its own.
import { serveFastCgi } from '../../dist/fastcgi.js'
import { GET } from '../hello.mjs'

await serveFastCgi({ GET }, { listen: `unix:${process.env.BENCH_SOCKET}` })
