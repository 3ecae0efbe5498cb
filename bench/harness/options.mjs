// The command line of the bench.
import { parseArgs } from 'node:util'
import { Failure } from './failure.mjs'

export const usage = `npm run bench -- [options]

  --scenario NAME,NAME  measure only these rows
  --only NAME,NAME      run only these candidates; those left out are not missed
  --rounds N            turns of each candidate in each row (5)
  --seconds S           length of one measurement (3)
  --warmup S            load before each measurement (2)
  --json FILE           write the JSON there instead of to standard output
  --help                this text`

function positive(name, text) {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new Failure(`--${name} wants a whole number of 1 or more.`)
  return number
}

function known(name, text, names) {
  if (text === undefined) return names
  const wanted = text.split(',').map((part) => part.trim())
  const wrong = wanted.find((part) => !names.includes(part))
  if (wrong !== undefined) throw new Failure(`--${name} does not know "${wrong}"; there are: ${names.join(', ')}.`)
  return wanted
}

function parse(args) {
  const text = { type: 'string' }
  const options = { scenario: text, only: text, rounds: text, seconds: text, warmup: text, json: text }
  try {
    return parseArgs({ args, options: { ...options, help: { type: 'boolean' } } }).values
  } catch (error) {
    throw new Failure(error.message)
  }
}

export function readOptions(args, scenarioNames, candidateNames) {
  const values = parse(args)
  return {
    help: values.help === true,
    scenarios: known('scenario', values.scenario, scenarioNames),
    only: known('only', values.only, candidateNames),
    rounds: positive('rounds', values.rounds ?? '5'),
    seconds: positive('seconds', values.seconds ?? '3'),
    warmup: positive('warmup', values.warmup ?? '2'),
    json: values.json,
  }
}
