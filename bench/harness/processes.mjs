// What Linux tells about processes and cores.
import { readFileSync } from 'node:fs'

function read(file) {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}

// A process and all its descendants.
export function family(pid) {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)
  return [pid, ...children.flatMap(family)]
}

// Processor time in ticks of 10 ms. The name, in brackets, may hold anything, so fields are counted after it.
function ownTicks(pid) {
  const stat = read(`/proc/${pid}/stat`)
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0)
}

export function ticks(pid) {
  return family(pid).reduce((sum, member) => sum + ownTicks(member), 0)
}

export function residentMebibytes(pid) {
  const kibibytes = family(pid).map((member) =>
    Number(/^VmRSS:\s*(\d+)/m.exec(read(`/proc/${member}/status`))?.[1] ?? 0),
  )
  return kibibytes.reduce((sum, size) => sum + size, 0) / 1024
}

// What a core did: interrupts are mostly the network's own work here, which Linux does on the core of whoever sends;
// `stolen` is what the machine's host took.
export function coreTicks(core) {
  const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(read('/proc/stat'))?.[1] ?? ''
  const [user, nice, system, , , irq, softirq, stolen] = line.split(' ').map(Number)
  return { interrupts: irq + softirq, busy: user + nice + system + irq + softirq, stolen }
}
