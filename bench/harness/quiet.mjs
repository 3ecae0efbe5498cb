// Patience with other processes on the machine: a run waits for them to fall silent and takes disturbed turns again,
// but only for so long altogether.
import { setTimeout as sleep } from 'node:timers/promises'
import { loadCore, serverCore } from './cores.mjs'
import { coreTicks } from './processes.mjs'

export const tolerable = 10 // per cent of a core
const look = 300
let patience = 300_000

const busyTicks = () => [serverCore, loadCore].reduce((sum, core) => sum + coreTicks(core).busy, 0)

export const isPatient = () => patience > 0

export function spendPatience(milliseconds) {
  patience -= milliseconds
  if (patience <= 0) console.error('Other processes keep this machine busy: measuring beside them from now on.')
}

// Called while the bench itself runs nothing, so that whoever is busy is somebody else.
export async function untilQuiet() {
  while (isPatient()) {
    const before = busyTicks()
    const start = performance.now()
    await sleep(look)
    const passed = performance.now() - start
    if (((busyTicks() - before) * 1000) / passed <= tolerable) return
    spendPatience(passed)
  }
}
