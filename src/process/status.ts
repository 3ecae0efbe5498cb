import type { Application } from './application.ts'
import type { ApplicationProcess } from './application-process.ts'
import type { ApplicationStatus } from './specification.ts'

/** What there is to know of an application, for people. @param memory Bytes of each process. */
export function statusOf(application: Application, memory: ReadonlyMap<ApplicationProcess, number>): ApplicationStatus {
  const { spec, restarts, failure, loads } = application
  const processes = [...application.processes.values()].map((process) => {
    const { id, pid, state, since, requests } = process
    return { id, pid, state, since, requests, running: loads.running(id), memory: memory.get(process) }
  })
  const { key, name } = spec
  return { key, name, state: stateOf(application), waiting: loads.waiting, restarts, failure, processes }
}

function stateOf({ ending, failure, state }: Application): ApplicationStatus['state'] {
  if (ending) return 'ending'
  if (state.processes.length > 0) return 'running'
  return failure === undefined ? 'starting' : 'failing'
}
