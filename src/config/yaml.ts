import type { Document, Node, Pair } from 'yaml'
import { ConfigError } from './config.ts'
import type { KeyPath } from './place.ts'

/** What a YAML text says, and the line where each key of it stands. */
export interface YamlConfig {
  readonly config: unknown
  /** As `lineOf` in `place.ts`: a key that is missing has the line of what it is missing in. */
  readonly lineOf: (path: KeyPath) => number | undefined
}

type Yaml = typeof import('yaml')

/** The tags of YAML 1.2.2 §10.2, the JSON schema: others make what no other form of the config can say. */
const PLAIN_TAG = /^(?:!|tag:yaml\.org,2002:(?:map|seq|str|int|float|bool|null))$/

/** Aliases are followed, but not multiplied: a few lines could otherwise stand for more than memory holds. */
const MOST_ALIASES = 100

/**
 * Reads YAML 1.2 (core schema), one document.
 * @throws ConfigError with the line, for what is no YAML, for keys that stand twice, and for tags.
 */
export async function parseYaml(text: string, name: string): Promise<YamlConfig> {
  const yaml = await import('yaml')
  const lines = new yaml.LineCounter()
  const lineAt = (offset: number | undefined): number => Math.max(1, lines.linePos(offset ?? 0).line)
  const fail = (offset: number | undefined, why: string, cause?: unknown): never => {
    throw new ConfigError(`${name}:${lineAt(offset)}: this is no YAML that a config can be: ${why}`, { cause })
  }
  try {
    const document = yaml.parseDocument(text, {
      version: '1.2',
      schema: 'core',
      prettyErrors: false,
      lineCounter: lines,
      // `404` and `"404"` are one key of an object.
      uniqueKeys: (a, b) => yaml.isScalar(a) && yaml.isScalar(b) && String(a.value) === String(b.value),
    })
    const wrong = document.errors[0] ?? document.warnings[0]
    if (wrong !== undefined) fail(wrong.pos[0], sentence(wrong.code, wrong.message), wrong)
    const odd = oddity(yaml, document)
    if (odd !== undefined) fail(odd.node.range?.[0], odd.why)
    const config: unknown = document.toJS({ maxAliasCount: MOST_ALIASES })
    return { config, lineOf: (path) => lineAt(offsetOf(yaml, document, path)) }
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause
    return fail(0, (cause as Error).message, cause)
  }
}

function sentence(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'a key stands twice'
  if (code === 'MULTIPLE_DOCS') return 'a second document begins'
  if (code === 'TAG_RESOLVE_FAILED') return `a tag that is not known: ${message}`
  return message
}

interface Oddity {
  readonly node: Node
  readonly why: string
}

/** What YAML can say and a config cannot: tags, keys that are no texts, aliases to nothing or to what they stand in. */
function oddity(yaml: Yaml, document: Document.Parsed): Oddity | undefined {
  let found: Oddity | undefined
  const stop = (node: Node, why: string): symbol => {
    found = { node, why }
    return yaml.visit.BREAK
  }
  yaml.visit(document, {
    Node(key, node) {
      if (key === 'key' && !yaml.isScalar(node)) return stop(node, 'a key must be a text')
      if (yaml.isAlias(node)) {
        const { range } = node.resolve(document) ?? {}
        const at = node.range?.[0] ?? 0
        if (range === undefined) return stop(node, `there is no anchor &${node.source} before this alias`)
        // What contains itself has no end.
        if (range && range[0] <= at && at < range[2]) return stop(node, 'an alias stands within its own anchor')
      } else if (node.tag !== undefined && !PLAIN_TAG.test(node.tag)) {
        return stop(node, 'tags are not taken here')
      }
      return undefined
    },
  })
  return found
}

function offsetOf(yaml: Yaml, document: Document.Parsed, path: KeyPath): number | undefined {
  let node: unknown = document.contents
  let offset = document.contents?.range[0]
  for (const key of path) {
    if (yaml.isAlias(node)) node = node.resolve(document)
    if (yaml.isMap(node)) {
      const pair: Pair | undefined = node.items.find(
        (item) => yaml.isScalar(item.key) && `${item.key.value}` === `${key}`,
      )
      if (pair === undefined) break
      offset = (pair.key as Node).range?.[0] ?? offset
      node = pair.value
    } else if (yaml.isSeq(node)) {
      node = node.items[Number(key)]
      if (!yaml.isNode(node)) break
      offset = node.range?.[0] ?? offset
    } else break
  }
  return offset
}
