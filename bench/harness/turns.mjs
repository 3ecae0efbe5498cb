// The turns of a row: in each round every candidate once, another one first each time, so that a machine that slows
// down or speeds up does so for all of them.
import { Failure } from './failure.mjs'
import { isPatient, spendPatience, tolerable, untilQuiet } from './quiet.mjs'

const tries = 3

const say = (text) => console.error(text)

function described(unit, { value, usage }) {
  const busy = usage ? `  server ${usage.server} %, load ${usage.load} %, others ${usage.others} %` : ''
  return `${value.toFixed(value < 1000 ? 1 : 0)} ${unit}${busy}`
}

function inTurn(candidates, round) {
  const first = round % candidates.length
  return [...candidates.slice(first), ...candidates.slice(0, first)]
}

// A turn that other processes disturbed is taken again; the least disturbed counts, whatever its figure.
async function takeTurn(result, scenario, work, options) {
  let best
  for (let attempt = 1; ; attempt++) {
    await untilQuiet()
    const start = performance.now()
    const turn = await scenario.measure(result.candidate, scenario, work, options)
    const others = turn.usage?.others ?? 0
    if (others < (best?.usage.others ?? Number.POSITIVE_INFINITY)) best = turn
    if (others <= tolerable || attempt === tries || !isPatient()) return best
    spendPatience(performance.now() - start)
    say(`  ${described(scenario.unit, turn)}: disturbed, taken again`)
  }
}

// Gives for each candidate its turns, or why it has none: who fails once is out of the row.
export async function runRow(scenario, candidates, work, options) {
  const results = candidates.map((candidate) => ({ name: candidate.name, turns: [], failure: undefined, candidate }))
  const rounds = Math.min(options.rounds, scenario.maxRounds ?? options.rounds)
  for (let round = 0; round < rounds; round++) {
    for (const result of inTurn(results, round)) {
      if (result.failure) continue
      const label = `${scenario.name}  round ${round + 1}/${rounds}  ${result.name}`
      try {
        const turn = await takeTurn(result, scenario, work, options)
        result.turns.push({ round, ...turn })
        say(`${label}  ${described(scenario.unit, turn)}`)
      } catch (error) {
        if (!(error instanceof Failure)) throw error
        result.failure = error.message
        say(`${label}  failed: ${error.message}`)
      }
    }
  }
  return results
}
