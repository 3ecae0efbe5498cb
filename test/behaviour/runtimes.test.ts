import { hostAbsent } from '../support/hosts.ts'
import { type Runtime, startRuntime, startWorkerd } from '../support/runtimes.ts'
import { http1Client } from '../support/transports.ts'
import { behaviour, type Cannot, type Opening } from './suite.ts'

/* The site of the suite in Fetch runtimes that others wrote, each a process of its own. */

const FETCH: Cannot = {
  'trailers that are wanted': 'a Response has no trailers',
  'case of names, and their order': 'the names of a platform’s Headers have no case and no order',
  'repeated fields one by one': 'a platform’s Headers joins them',
  'case of names in an answer': 'the names of a platform’s Headers have no case',
  'an informational answer': 'a Response is the final one',
}

const BUN: Cannot = {
  ...FETCH,
  'HEAD of a stream': 'Bun says Content-Length: 0',
  'a method that must not be called': 'Bun closes the connection for a method that it does not know',
  'OPTIONS *': 'Bun refuses it with 400',
  'a target with its authority': 'Bun takes the authority of the field Host',
  'a backslash in the path': 'Bun makes a slash of it, as URLs have it',
}

const DENO: Cannot = {
  ...FETCH,
  '205': 'Deno says no length, and the client waits for content',
  'OPTIONS *': 'Deno asks for the path /*',
}

const NO_FILES = 'a Worker has no files of its host'
const OTHER_REQUEST = 'in workerd no request waits for what another one does'

const WORKERD: Cannot = {
  ...FETCH,
  'a method that must not be called': 'workerd refuses methods that it does not know with 501',
  'a target with its authority': 'workerd takes the authority of the field Host',
  'a file': NO_FILES,
  'HEAD of a file': NO_FILES,
  'a file that is empty': NO_FILES,
  'a large file': NO_FILES,
  'a range of a file': NO_FILES,
  'a file not modified': NO_FILES,
  'a folder without its slash': NO_FILES,
  'a listing': NO_FILES,
  'several ranges': NO_FILES,
  'a client that goes before its answer': OTHER_REQUEST,
  'a client that goes within its request': OTHER_REQUEST,
  'a client that goes within its answer': OTHER_REQUEST,
}

function opened(start: (root: string) => Promise<Runtime>): Opening {
  return async (_, root) => {
    const { url, stop } = await start(root)
    return { transport: http1Client(url), close: stop }
  }
}

behaviour(
  'Bun',
  opened((root) => startRuntime('bun', ['run'], root)),
  BUN,
  hostAbsent('bun'),
)
behaviour(
  'Deno',
  opened((root) => startRuntime('deno', ['run', '-A', '--no-lock', '--no-remote'], root)),
  DENO,
  hostAbsent('deno'),
)
behaviour('workerd', opened(startWorkerd), WORKERD, hostAbsent('workerd') ?? hostAbsent('esbuild'))
