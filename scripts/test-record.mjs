// A reporter of node:test beside the one that people read: one JSON line for each test that failed, each number of the
// totals, and the time of each file, for `test.mjs` to say at the end.
export default async function* record(events) {
  const seconds = new Map()
  for await (const { type, data } of events) {
    if (type === 'test:diagnostic') {
      const total = /^(tests|pass|fail|cancelled|skipped|todo) (\d+)$/.exec(data.message)
      if (total !== null && data.nesting === 0) yield line({ total: total[1], count: Number(total[2]) })
    } else if (type === 'test:pass' || type === 'test:fail') {
      const { name, file = '', nesting, details, todo } = data
      if (nesting === 0) seconds.set(file, (seconds.get(file) ?? 0) + details.duration_ms / 1000)
      const because = details.error?.failureType
      if (type === 'test:fail' && todo === undefined && because !== 'subtestsFailed') yield line({ failed: name, file })
    }
  }
  for (const [file, time] of seconds) yield line({ file, time })
}

function line(found) {
  return `${JSON.stringify(found)}\n`
}
