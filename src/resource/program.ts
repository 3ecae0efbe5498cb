import type { Call, Content, Data, Open } from '../gateway/call.ts'
import { arriving, spooled } from '../gateway/content.ts'
import { exchange } from '../gateway/exchange.ts'
import { type GatewayTimeouts, PROGRAM_TIMEOUTS } from '../gateway/patience.ts'
import { type Handover, replyOf } from '../gateway/reply.ts'
import type { Connection } from '../message/connection.ts'
import { HttpError } from '../message/errors.ts'
import type { OwnIdentity } from '../message/identity-fields.ts'
import type { Answer } from '../message/interface.ts'
import type { Request } from '../message/request.ts'
import { byteString } from '../protocol/cgi/octets.ts'
import { cgiVariables, hasEncodedSlash, type Script, type VariableOptions } from '../protocol/cgi/variables.ts'

/** What all resources that have a program answer can be told. */
export interface ProgramOptions {
  /** More variables for the program. */
  readonly env?: Readonly<Record<string, string>>
  /** Whether the program sees `Authorization`, with passwords; unless a guard used it, where this is left out. */
  readonly authorization?: boolean
  /** How long is waited for the program, in milliseconds; 0 for ever. */
  readonly timeouts?: Partial<GatewayTimeouts>
  /** Whether the content of a request is read to its end before the program is called; true where it is left out. */
  readonly spool?: boolean
}

/** Whom a request goes to. */
export interface BackEnd {
  readonly open: Open
  /** What the log calls it by. */
  readonly name: string
}

/** Has a program answer a request. */
export type Program = (request: Request, connection: Connection, script: Script, data?: Data) => Promise<Answer>

/** The same where each request has a back end of its own. */
export type ProgramAt = (
  backEnd: BackEnd,
  request: Request,
  connection: Connection,
  script: Script,
  data?: Data,
) => Promise<Answer>

/** What answers over a wire. @param name What the log calls the program by. @param identity What the site knows users by. */
export function program(
  open: Open,
  name: string,
  options: ProgramOptions,
  identity?: OwnIdentity,
  handover?: Handover,
): Program {
  const answer = programAt(options, identity, handover)
  const backEnd = { open, name }
  return (request, connection, script, data) => answer(backEnd, request, connection, script, data)
}

/** As `program`, for back ends that are found request by request. */
export function programAt(options: ProgramOptions, identity?: OwnIdentity, handover?: Handover): ProgramAt {
  const timeouts = { ...PROGRAM_TIMEOUTS, ...options.timeouts }
  const passed = variableOptions(options, identity)
  const run = (
    { open, name }: BackEnd,
    request: Request,
    connection: Connection,
    script: Script,
    content: Content | undefined,
    data: Data | undefined,
  ): Promise<Answer> => {
    const size = content?.size ?? (request.headers.has('content-length') ? 0 : undefined)
    const variables = cgiVariables(request, connection, script, size, passed)
    if (data !== undefined) variables.push(...dataVariables(data))
    const call: Call = { request, connection, variables, lines: undefined, content, data, tried: undefined }
    return exchange(open, call, { timeouts, name }).then((answer) => replyOf(answer, request, handover))
  }
  return (backEnd, request, connection, script, data) => {
    if (hasEncodedSlash(request)) {
      data?.close()
      throw new HttpError(404, { code: 'encoded-slash' })
    }
    const { body } = request
    if (body === null) return run(backEnd, request, connection, script, undefined, data)
    if (options.spool === false && body.declared !== undefined) {
      return run(backEnd, request, connection, script, arriving(body), data)
    }
    return spooled(body, connection.exchange).then(
      (content) => run(backEnd, request, connection, script, content, data),
      (error: unknown) => {
        data?.close()
        throw error
      },
    )
  }
}

/** What a Filter is told of its file (FastCGI specification §6.4). */
export function dataVariables({ size, modified }: Pick<Data, 'size' | 'modified'>): string[] {
  return ['FCGI_DATA_LAST_MOD', String(Math.floor(modified / 1000)), 'FCGI_DATA_LENGTH', String(size)]
}

/** What a program is told beside the request, in bytes. */
export function variableOptions({ env = {}, authorization }: ProgramOptions, identity?: OwnIdentity): VariableOptions {
  const list = Object.entries(env).flatMap(([name, value]) => [byteString(name), byteString(value)])
  return { authorization, identity, env: list }
}
