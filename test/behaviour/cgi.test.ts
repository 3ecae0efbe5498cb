import { Engine } from '../../src/door/engine.ts'
import { Site } from '../../src/site/site.ts'
import { behindCgi, CGI, script } from '../support/behind-web-servers.ts'
import { peerAbsent } from '../support/peers.ts'
import { http1Client } from '../support/transports.ts'
import { behaviour, type Cannot } from './suite.ts'

/* The site of the suite as a CGI script: behind the web servers that people have, and behind our own. */

const ANOTHER = 'each request is a process of its own'

const ALL: Cannot = {
  'trailers that are wanted': 'CGI knows no trailers',
  'case of names, and their order': 'variables have no case',
  'repeated fields one by one': 'CGI has one variable for a name',
  'an informational answer': 'CGI knows none',
  'streams both ways at once': ANOTHER,
  'a client that goes before its answer': ANOTHER,
  'a client that goes within its request': ANOTHER,
  'a client that goes within its answer': ANOTHER,
}

const NO_END = 'Apache does not look how a script ended'
const LIGHTTPD_END = 'lighttpd does not look how a script ended, but for the length of its answer'

const CANNOT: Readonly<Record<string, Cannot>> = {
  apache2: {
    ...ALL,
    'case of names in an answer': 'Apache joins fields of one name, but for Set-Cookie',
    'HEAD tells what GET would': 'Apache says no size for HEAD',
    'HEAD of a file': 'Apache says no size for HEAD',
    'OPTIONS *': 'Apache answers itself',
    'a path with NUL': 'Apache refuses it with 404',
    'a stream that breaks off': NO_END,
    'a stream that breaks off later': NO_END,
    'a body that is too short': NO_END,
    'a body that is too long': NO_END,
  },
  lighttpd: {
    ...ALL,
    'a method that must not be called': 'lighttpd refuses methods that it does not know with 501',
    'OPTIONS *': 'lighttpd answers itself',
    'a target with its authority': 'lighttpd refuses it with 400 where Host is another',
    'a stream that breaks off': LIGHTTPD_END,
    'a stream that breaks off later': LIGHTTPD_END,
  },
  oriel: { ...ALL, 'path, parameters and query': 'our own CGI refuses %2F with 404' },
}

for (const [name, start] of Object.entries(CGI)) {
  behaviour(`CGI behind ${name}`, behindCgi(start), CANNOT[name], peerAbsent(name))
}
behaviour(
  'CGI behind oriel',
  async (_, root) => {
    const engine = new Engine(new Site({ routes: [{ match: '/*', cgi: { program: script(root) } }] }))
    const { url } = await engine.listen({ port: 0 })
    return { transport: http1Client(url), close: () => engine.close() }
  },
  CANNOT['oriel'],
)
