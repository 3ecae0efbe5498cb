import type { Cannot } from './suite.ts'

/** What kinds of doors cannot do by their nature, and why. */

const NO_CASE = 'names have no case in HTTP/2'

export const HTTP2: Cannot = {
  'case of names, and their order': NO_CASE,
  'case of names in an answer': NO_CASE,
  'a target with its authority': 'HTTP/2 names the authority in a field of its own',
}

const NO_STEPS = 'a request is given as a whole'
const SECOND_END = 'the end of an application that breaks off is the web server’s to show'

export const CGI: Cannot = {
  'trailers that are wanted': 'CGI knows no trailers',
  'case of names, and their order': 'variables have no case',
  'case of names in an answer': 'looked at behind a web server',
  'repeated fields one by one': 'CGI has one variable for a name',
  'Set-Cookie twice': 'looked at behind a web server',
  'a target with its authority': 'the web server takes it apart',
  'a stream that breaks off': SECOND_END,
  'a stream that breaks off later': SECOND_END,
  'a body that is too short': SECOND_END,
  'a body that is too long': SECOND_END,
  'an informational answer': 'CGI knows none',
  'streams both ways at once': NO_STEPS,
  'a client that goes before its answer': NO_STEPS,
  'a client that goes within its request': NO_STEPS,
  'a client that goes within its answer': NO_STEPS,
}

const UNWRITTEN = 'the body is the caller’s to read'

export const IN_PROCESS: Cannot = {
  'a stream that fails at once': UNWRITTEN,
  'a take-over that nobody asked for': UNWRITTEN,
  'a stream that breaks off': UNWRITTEN,
  'a stream that breaks off later': UNWRITTEN,
  'a body that is too short': UNWRITTEN,
  'a body that is too long': UNWRITTEN,
  'a size that is said wrong': UNWRITTEN,
  'an informational answer': 'there is nobody to be informed',
  'streams both ways at once': NO_STEPS,
  'a client that goes before its answer': NO_STEPS,
  'a client that goes within its request': NO_STEPS,
  'a client that goes within its answer': NO_STEPS,
}

/** Of hosts that route by the text of a path: what they would take for another one is refused. */
export const ROUTES_BY_TEXT: Cannot = {
  'dot segments and empty ones': 'refused with 400: the host would route it otherwise',
  'path, parameters and query': 'refused with 400 for %41: the host would route it otherwise',
}

/** Of what goes through Node's parser. */
export const PARSED: Cannot = {
  'a method that must not be called': 'the parser of Node refuses methods that it does not know',
}
