// The resource of the bench as a published object.
import { publish } from '../../dist/index.js'
import * as hello from '../hello.mjs'

const { BENCH_SOCKET: socket } = process.env
await publish('bench', { hello }, socket === undefined ? {} : { listen: `unix:${socket}` })
