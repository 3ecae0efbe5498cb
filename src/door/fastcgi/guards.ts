import type { Connection } from '../../message/connection.ts'
import type { Report } from '../../message/exchange.ts'
import { Headers } from '../../message/headers.ts'
import type { Request } from '../../message/request.ts'
import { Response } from '../../message/response.ts'
import { groupsField, nameField, variableFields } from '../../site/permission.ts'
import type { Site } from '../../site/site.ts'
import type { Answering } from '../called/sites.ts'

/** The guards of a site as an Authorizer (FastCGI §6.3): its resources are never called. */
export class Guards implements Answering {
  readonly #site: Site

  constructor(site: Site) {
    this.#site = site
  }

  get report(): Report | undefined {
    return this.#site.report
  }

  get logging(): boolean {
    return this.#site.logging
  }

  handle(request: Request, connection: Connection): Response | Promise<Response> {
    return this.#site.authorize(request, connection, permission)
  }

  failed(thrown: unknown, request: Request, connection: Connection): Response | Promise<Response> {
    return this.#site.failed(thrown, request, connection)
  }

  finished(request: Request, connection: Connection, response: Response): void {
    this.#site.finished(request, connection, response)
  }
}

/** Who the guard identified stands for itself, whatever else an authorizer says. */
const OURS = /^variable-(?:remote_user|remote_groups|auth_type)$/i

/** @throws TypeError for a user whom no variable can tell: to let in without a name would be another's right. */
function permission(connection: Connection): Response {
  const { user, means } = connection
  const headers = new Headers()
  if (user !== undefined) headers.append('Variable-REMOTE_USER', nameField(user.name))
  const groups = groupsField(connection)
  if (groups !== '') headers.append('Variable-REMOTE_GROUPS', groups)
  if (user !== undefined && means?.type !== undefined) headers.append('Variable-AUTH_TYPE', nameField(means.type))
  for (const [name, value] of variableFields(connection)) if (!OURS.test(name)) headers.append(name, value)
  return new Response(null, { headers })
}
