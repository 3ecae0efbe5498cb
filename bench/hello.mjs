// The in-process resource of the bench.
import { Response } from '../dist/index.js'

export function GET() {
  return new Response('Hello', { headers: { 'content-type': 'text/plain' } })
}
