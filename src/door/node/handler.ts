import { siteOf } from '../called/sites.ts'
import { answerNode, failed, type NodeOptions, type NodeRequest, type NodeResponse } from './answer.ts'

/** A listener for the event `request`. */
export type NodeHandler = (request: NodeRequest, response: NodeResponse) => void

/**
 * What answers the requests of a server of node:http, node:https or node:http2 (also with `allowHTTP1`).
 * @param app A Site, or a resource: what a module would export.
 * @throws TypeError for what can answer nothing.
 */
export function nodeHandler(app: unknown, options: NodeOptions = {}): NodeHandler {
  const site = siteOf(app, options)
  return (request, response) => {
    try {
      const handed = { target: request.url ?? '', user: options.user?.(request) }
      answerNode(site, request, response, handed).catch((error) => failed(site, response, error))
    } catch (error) {
      failed(site, response, error)
    }
  }
}
