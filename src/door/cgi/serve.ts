import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { type SiteDefaults, siteOf } from '../called/sites.ts'
import { CgiRequest } from './request.ts'
import { standardOutput } from './streams.ts'
import { takeVariables } from './variables.ts'

/** What holds for a resource that stands alone; a Site has its own. */
export interface CgiOptions extends SiteDefaults {}

/** Milliseconds for what the program still does when its answer is out, such as writing its logs. */
const GRACE = 1000

/**
 * Answers the one request that this program was started for, as a CGI script (RFC 3875), and ends the program: with exit
 * code 0 where the answer is whole, else by a signal, which is all that CGI has to say that an answer broke off. Reports go
 * to the error output. Nothing else may write to the standard output.
 * @param app A Site, or a resource: what a module would export.
 * @throws TypeError for an app that can answer nothing; Error where no web server has started this program.
 */
export async function serveCgi(app: unknown, options: CgiOptions = {}): Promise<void> {
  const site = siteOf(app, options)
  if (process.env['REQUEST_METHOD'] === undefined) {
    throw new Error('REQUEST_METHOD is not set: a CGI script is started by a web server')
  }
  const output = standardOutput()
  // Alone an answer that is waited for would not keep the process alive.
  const awake = setInterval(() => {}, 60_000)
  const whole = await new Promise<boolean>((done) => {
    const request = new CgiRequest(site, takeVariables(), output, (whole) => {
      // From now on it ends the program.
      process.off('SIGTERM', gone)
      done(whole)
    })
    const gone = (): void => {
      request.gone()
      // A resource that does not care has no longer than one that does.
      setTimeout(done, GRACE, false)
    }
    // What a web server sends when its client has gone.
    process.once('SIGTERM', gone)
    output.once('error', gone)
    request.run()
  })
  clearInterval(awake)
  if (!whole || !(await isSent(output))) process.once('exit', endBySignal)
  setTimeout(() => process.exit(), GRACE).unref()
}

async function isSent(output: Writable): Promise<boolean> {
  try {
    await finished(output)
    return true
  } catch {
    return false
  }
}

/** At the last moment: a web server that looks how its script ended must not have seen the end of the output before. */
function endBySignal(): void {
  process.kill(process.pid, 'SIGKILL')
}
