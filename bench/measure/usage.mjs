// How busy the server and the load generator were during a measurement, each in per cent of its core, and how much of
// both cores went to anybody else.
import { setTimeout as sleep } from 'node:timers/promises'
import { loadCore, serverCore } from '../harness/cores.mjs'
import { coreTicks, ticks } from '../harness/processes.mjs'

const lead = 300
const tail = 200

function snapshot(core, pids) {
  return { own: pids.reduce((sum, pid) => sum + ticks(pid), 0), ...coreTicks(core) }
}

// Some kernels count interrupts into the time of the process they interrupt and some do not: they are added as far as
// the core was busy at all.
function share(before, after) {
  const [own, interrupts, busy, stolen] = ['own', 'interrupts', 'busy', 'stolen'].map((key) => after[key] - before[key])
  const used = Math.max(own, Math.min(own + interrupts, busy))
  return { used, others: Math.max(0, busy - used) + stolen }
}

// Measures for `seconds` less a little at both ends, where the load generator starts and stops.
// Back ends count as the load: they are on its core. `children`: the server starts processes that are gone before they
// are looked at, so all that its core does is counted as the server's.
export async function watchUsage(serverPid, others, seconds, children = false) {
  const loadPids = others.filter((pid) => pid !== undefined)
  await sleep(lead)
  const start = performance.now()
  const before = [snapshot(serverCore, [serverPid]), snapshot(loadCore, loadPids)]
  await sleep(seconds * 1000 - lead - tail)
  const after = [snapshot(serverCore, [serverPid]), snapshot(loadCore, loadPids)]
  const wall = (performance.now() - start) / 10
  const [server, load] = before.map((values, index) => share(values, after[index]))
  if (children) Object.assign(server, { used: server.used + server.others, others: 0 })
  const percent = (amount) => Math.round((amount / wall) * 100)
  const ofCore = (amount) => Math.min(100, percent(amount))
  return { server: ofCore(server.used), load: ofCore(load.used), others: percent(server.others + load.others) }
}
