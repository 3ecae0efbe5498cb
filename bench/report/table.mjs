// The figures for people: one table, then what to know about it.
import { allFailures, allGoals } from './rows.mjs'

const saturated = 95
const quiet = 5

function figure(value) {
  return value.toLocaleString('en', { maximumFractionDigits: value < 1000 ? 1 : 0 })
}

const range = ({ min, max }, shown) => `${shown(min)} – ${shown(max)}`
const ratioText = (value) => value.toFixed(2)
const verdicts = new Map([
  [true, 'met'],
  [false, 'NOT MET'],
  [undefined, 'not measured'],
])

function goalText(goal) {
  if (!goal) return ''
  return goal.atLeast === undefined ? `≤ ${goal.atMost}` : `≥ ${goal.atLeast.toFixed(2)}`
}

function line(row, candidate, first) {
  const { name, failure, ratio, goal, usage } = candidate
  const title = first ? `${row.title} (${row.unit})` : ''
  const end = [goalText(goal), goal ? verdicts.get(goal.met) : '', usage ? `${usage.server} %` : '']
  if (failure) return [title, name, 'failed', '', '', '', ...end]
  const ratios = ratio ? [ratioText(ratio.median), range(ratio, ratioText)] : ['', '']
  return [title, name, figure(candidate.median), range(candidate, figure), ...ratios, ...end]
}

const head = ['row', 'candidate', 'median', 'min – max', 'oriel ÷ it', 'min – max', 'goal', '', 'server core']
const leftAligned = new Set([0, 1, 7])

export function table(rows) {
  const body = rows.map((row) => row.candidates.map((candidate, index) => line(row, candidate, index === 0)))
  const lines = [head, ...body.flat()]
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => cells[column].length)))
  const pad = (cell, column) => (leftAligned.has(column) ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))
  const draw = (cells) => cells.map(pad).join('  ').trimEnd()
  const rule = widths.map((width) => '─'.repeat(width)).join('  ')
  return [draw(head), rule, ...body.map((group) => `${group.map(draw).join('\n')}\n`)].join('\n')
}

function loadNote(row, { name, usage }) {
  const where = `${row.name}, ${name}`
  const { server, load, others } = usage
  const reason = load >= saturated ? 'the load generator was the limit' : `the load generator used ${load} % of its own`
  const slack = server < saturated ? [`${where}: the server used only ${server} % of its core; ${reason}.`] : []
  return others > quiet ? [...slack, `${where}: other processes used ${others} % of a core meanwhile.`] : slack
}

export function notes(rows) {
  return rows.flatMap((row) => row.candidates.flatMap((candidate) => (candidate.usage ? loadNote(row, candidate) : [])))
}

export function verdict(rows) {
  const goals = allGoals(rows)
  const missed = goals.filter(({ goal }) => goal.met === false)
  const open = goals.filter(({ goal }) => goal.met === undefined)
  const met = goals.length - missed.length - open.length
  const list = missed.map(({ row, candidate, goal }) => {
    const got = goal.atLeast === undefined ? figure(candidate.median) : ratioText(candidate.ratio.median)
    return `  NOT MET  ${row.title}, ${candidate.name}: ${got}, goal ${goalText(goal)}`
  })
  return [`Goals: ${met} met, ${missed.length} not met, ${open.length} not measured.`, ...list]
}

export function failureLines(rows) {
  const where = new Map()
  for (const { row, name, failure } of allFailures(rows)) {
    const text = `${name}: ${failure}`
    where.set(text, [...(where.get(text) ?? []), row])
  }
  return [...where].map(([text, names]) => `${text} (${names.join(', ')})`)
}
