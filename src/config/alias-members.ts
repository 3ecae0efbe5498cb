import { suggestion } from '../message/suggest.ts'
import { isHandle } from '../object/handle.ts'
import type { Config } from './config.ts'
import type { ObjectEnd } from './object-ends.ts'
import { serverOptions } from './object-options.ts'
import type { KeyPath } from './place.ts'

type Refuse = (path: KeyPath, cause: Error) => never

/** Who answers in the end for the object servers of a config, through aliases of aliases. */
export class AliasMembers {
  readonly #objects: NonNullable<Config['objects']>
  readonly #ends: ReadonlyMap<string, ObjectEnd>
  readonly #refuse: Refuse
  readonly #found = new Map<string, readonly ObjectEnd[]>()
  readonly #open: string[] = []

  /** @param ends By where the config names them, keys with slashes between: names have dots. */
  constructor({ objects = {} }: Pick<Config, 'objects'>, ends: ReadonlyMap<string, ObjectEnd>, refuse: Refuse) {
    this.#objects = objects
    this.#ends = ends
    this.#refuse = refuse
  }

  /** Each once. @throws what `refuse` throws, for names of nobody, of the alias itself, of a module. */
  of(name: string): readonly ObjectEnd[] {
    const known = this.#found.get(name)
    if (known !== undefined) return known
    const given = this.#objects[name] ?? []
    const { handle } = serverOptions(given)
    const path = ['objects', name, ...(typeof given === 'object' && 'handle' in given ? ['handle'] : [])]
    this.#open.push(name)
    const ends =
      typeof handle === 'string'
        ? this.#end(path)
        : handle.flatMap((member, i) => this.#member(name, member, [...path, i]))
    this.#open.pop()
    const each = [...new Set(ends)]
    this.#found.set(name, each)
    return each
  }

  #member(alias: string, member: string, path: KeyPath): readonly ObjectEnd[] {
    const ends = isHandle(member) ? this.#end(path) : this.#named(alias, member, path)
    if (ends.some(({ handle }) => handle.kind === 'module')) {
      const why = `${member} is in this process: an alias is for object servers of other processes`
      this.#refuse(path, new TypeError(why))
    }
    return ends
  }

  #named(alias: string, member: string, path: KeyPath): readonly ObjectEnd[] {
    if (!Object.hasOwn(this.#objects, member)) {
      const meant = suggestion(
        member,
        Object.keys(this.#objects).filter((name) => name !== alias),
      )
      const hint = meant === undefined ? 'give a name of objects, or a binding handle' : `did you mean "${meant}"?`
      this.#refuse(path, new TypeError(`there is no object server ${member}; ${hint}`))
    }
    if (this.#open.includes(member)) {
      const way = [...this.#open.slice(this.#open.indexOf(member)), member].join(' → ')
      this.#refuse(path, new TypeError(`is an alias of itself: ${way}`))
    }
    return this.of(member)
  }

  #end(path: KeyPath): readonly ObjectEnd[] {
    const end = this.#ends.get(path.join('/'))
    return end === undefined ? [] : [end]
  }
}
