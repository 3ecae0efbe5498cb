import type { Entry, OpenFolder } from '../../io/open-folder.ts'
import type { Request } from '../../message/request.ts'
import type { Response } from '../../message/response.ts'
import type { Find } from './find.ts'
import type { Telling } from './write-errors.ts'

/** One request that writes: the name that it is about, in the folder that is held open for it. */
export interface Writing {
  readonly request: Request
  readonly folder: OpenFolder
  readonly name: string
  readonly find: Find
  readonly telling: Telling
  /** What lies there now. @throws HttpError where the request is not possible with that, or its conditions fail. */
  look(): Promise<Entry | undefined>
  /** The same, and then an act with it, while no other request of this process acts on this name. */
  alone<T>(act: (entry: Entry | undefined) => Promise<T>): Promise<T>
}

/** What a method does. */
export type Act = (writing: Writing) => Promise<Response>
