import type { ProcessOptions } from '../app/options.ts'

/** A WSGI application in Python that Oriel runs. */
export interface WsgiOptions extends ProcessOptions {
  /** What is called: `mysite.wsgi:application`; `mysite:make()` for a function that makes it; a module alone for its `application`, or `app`. */
  readonly module: string
  /** The folder in which it runs, and that Python finds modules in first; that of the config where it is left out. */
  readonly path?: string
  /** Requests that one process answers at once, each in a thread; 1 where it is left out: in its main thread. */
  readonly threads?: number
  /** Python 3.8 or later, of a venv for example: by its path, or a name that is found on PATH; `python3` where it is left out. */
  readonly python?: string
  /** Whether the content of a request is read to its end before the application is called; true where it is left out. */
  readonly spool?: boolean
  /** Whether it sees `Authorization`, with passwords; unless a guard used it, where this is left out. */
  readonly authorization?: boolean
}
