import { Engine } from '../../src/door/engine.ts'
import { Site } from '../../src/site/site.ts'
import { behindCgi, behindFastCgi, CGI, FASTCGI, script } from '../support/behind-web-servers.ts'
import { http1Client } from '../support/transports.ts'
import { behaviour, type Cannot } from './suite.ts'

for (const [name, start] of Object.entries(FASTCGI)) behaviour(`FastCGI behind ${name}`, behindFastCgi(start))
for (const [name, start] of Object.entries(CGI)) behaviour(`CGI behind ${name}`, behindCgi(start))
behaviour('CGI behind Oriel', async (_, root) => {
  const engine = new Engine(new Site({ routes: [{ match: '/*', cgi: { program: script(root) } }] }))
  const { url } = await engine.listen({ port: 0 })
  return { transport: http1Client(url), close: () => engine.close() }
})
