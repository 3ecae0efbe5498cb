// From turns to figures: medians, Oriel's ratio to each candidate, and whether its goals are met.
import { median, spread } from './numbers.mjs'

const subject = 'oriel'

// Ratios are taken round by round, so that what slows a whole round cancels out.
function ratioTo(oriel, result) {
  if (result === oriel) return undefined
  const ratios = result.turns.flatMap((turn) => {
    const own = oriel?.turns.find(({ round }) => round === turn.round)
    return own ? [own.value / turn.value] : []
  })
  return ratios.length > 0 ? spread(ratios) : undefined
}

function meanUsage(turns) {
  const [first] = turns.flatMap((turn) => (turn.usage ? [turn.usage] : []))
  if (!first) return undefined
  const middle = (kind) => median(turns.map((turn) => turn.usage[kind]))
  return { server: middle('server'), load: middle('load'), others: middle('others') }
}

function goalOf(scenario, name, figures, ratio) {
  if (name === subject && scenario.limit !== undefined) {
    return { atMost: scenario.limit, met: figures ? figures.median <= scenario.limit : undefined }
  }
  const atLeast = scenario.goals?.[name]
  return atLeast === undefined ? undefined : { atLeast, met: ratio ? ratio.median >= atLeast : undefined }
}

export function summarise(scenario, results) {
  const oriel = results.find((result) => result.name === subject && !result.failure)
  const candidates = results.map((result) => {
    const { name, failure } = result
    if (failure) return { name, failure, goal: goalOf(scenario, name) }
    const values = result.turns.map((turn) => turn.value)
    const figures = spread(values)
    const ratio = ratioTo(oriel, result)
    const goal = goalOf(scenario, name, figures, ratio)
    return { name, ...figures, values, ratio, goal, usage: meanUsage(result.turns) }
  })
  const { name, title, unit, connections } = scenario
  return { name, title, unit, connections, candidates }
}

export function allGoals(rows) {
  return rows.flatMap((row) =>
    row.candidates.flatMap((candidate) => (candidate.goal ? [{ row, candidate, goal: candidate.goal }] : [])),
  )
}

export function allFailures(rows) {
  return rows.flatMap((row) =>
    row.candidates.flatMap(({ name, failure }) => (failure ? [{ row: row.name, name, failure }] : [])),
  )
}
