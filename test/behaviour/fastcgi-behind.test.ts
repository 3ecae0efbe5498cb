import { behindFastCgi, FASTCGI } from '../support/behind-web-servers.ts'
import { peerAbsent } from '../support/peers.ts'
import { behaviour, type Cannot } from './suite.ts'

/* The site of the suite as a FastCGI application behind the web servers that people have. */

const ALL: Cannot = {
  'trailers that are wanted': 'CGI knows no trailers',
  'case of names, and their order': 'variables have no case',
  'an informational answer': 'CGI knows none',
}

const JOINED = 'CGI has one variable for a name'

const CANNOT: Readonly<Record<string, Cannot>> = {
  nginx: {
    ...ALL,
    'OPTIONS *': 'nginx refuses it with 400',
    'streams both ways at once': 'nginx calls when the first content has come',
  },
  apache2: {
    ...ALL,
    'repeated fields one by one': JOINED,
    'case of names in an answer': 'Apache joins fields of one name, but for Set-Cookie',
    'HEAD tells what GET would': 'Apache says no size for HEAD',
    'HEAD of a file': 'Apache says no size for HEAD',
    'OPTIONS *': 'Apache answers itself',
    'a path with NUL': 'Apache refuses it with 404',
    'streams both ways at once': 'Apache calls when it has read 16 KiB of the content, or all',
    'a client that goes before its answer': 'Apache looks after its client when it writes',
  },
  lighttpd: {
    ...ALL,
    'repeated fields one by one': JOINED,
    'a method that must not be called': 'lighttpd refuses methods that it does not know with 501',
    'OPTIONS *': 'lighttpd answers itself',
    'a target with its authority': 'lighttpd refuses it with 400 where Host is another',
    'streams both ways at once': 'lighttpd wants a length for FastCGI',
    'a client that goes within its request': 'lighttpd wants a length for FastCGI',
    'a stream that breaks off': 'lighttpd may take it for whole where beginning and end come together',
    'a stream that breaks off later': 'lighttpd may take it for whole where beginning and end come together',
  },
  caddy: {
    ...ALL,
    'repeated fields one by one': JOINED,
    'OPTIONS *': 'Caddy answers itself',
    'a stream that breaks off': 'Caddy ends it as if it were whole, but for one with a length',
    'a stream that breaks off later': 'Caddy ends it as if it were whole, but for one with a length',
    'streams both ways at once': 'Caddy reads the content to its end first',
    'a client that goes before its answer': 'Caddy looks after its client when it writes',
    'a client that goes within its request': 'Caddy reads the content to its end first',
  },
}

for (const [name, start] of Object.entries(FASTCGI)) {
  behaviour(`FastCGI behind ${name}`, behindFastCgi(start), CANNOT[name], peerAbsent(name))
}
