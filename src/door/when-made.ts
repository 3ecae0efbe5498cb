import { isPromise } from '../message/reply.ts'
import type { Response } from '../message/response.ts'

/** What a site's answer is given to. */
export interface Answering {
  answer(response: Response): void
  /** Nothing of the site may throw past its own error step; if it does all the same, only this request suffers. */
  lost(error: unknown): void
}

/** Gives an answer on, at once where it is there. */
export function answerWhenMade(reply: Response | Promise<Response>, to: Answering): void {
  if (!isPromise(reply)) return answerOrLose(reply, to)
  // One promise, not two: there is one for each request that waits for anything.
  reply.then(
    (response) => answerOrLose(response, to),
    (error) => to.lost(error),
  )
}

function answerOrLose(response: Response, to: Answering): void {
  try {
    to.answer(response)
  } catch (error) {
    to.lost(error)
  }
}
