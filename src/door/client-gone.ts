/** Why a signal was aborted: the client closed the connection before it had its answer. */
export class ClientGone extends Error {
  override readonly name: string = 'AbortError'

  constructor() {
    super('the client has gone')
  }
}
