import type { LogOptions } from '../log/options.ts'
import { kindOf } from '../site/kinds.ts'
import type { Config } from './config.ts'

/** Filters of logs that name a route or a kind of resource which the config has none of, in one sentence each. */
export function filterWarnings({ log = [], routes }: Config): string[] {
  const had = {
    route: [...new Set(routes.map(({ match }) => (typeof match === 'string' ? match : (match.path ?? '/*'))))],
    resource: [...new Set<string>(routes.map(kindOf))],
  }
  return (log as readonly unknown[]).flatMap((entry, i) => {
    const { filter } = (typeof entry === 'object' && entry !== null ? entry : {}) as Partial<LogOptions>
    return (['route', 'resource'] as const).flatMap((key) =>
      [filter?.[key] ?? []]
        .flat()
        .filter((name) => !had[key].includes(name))
        .map((name) => `log[${i}].filter.${key}: nothing is ${name} here; there is ${had[key].join(', ') || 'none'}`),
    )
  })
}
