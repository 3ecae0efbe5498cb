import { branded, RESOURCE } from '../message/brands.ts'
import { allowedMethods, isClass } from '../message/dispatch.ts'
import { type FoldedObject, foldObjects } from './folded.ts'

/**
 * The objects of a module that does not say what it publishes: what it exports by default, or as `GET`, `POST`…, under the
 * name of its file; else its resources by the names of their exports. A function that is exported may be anything: only
 * one that is exported by default is meant to answer requests.
 * @returns Undefined where it exports no resource.
 * @throws TypeError for a default export that is none, or a name that none can have.
 */
export function exportedObjects(exported: unknown, name: string): Map<string, FoldedObject> | undefined {
  if (exported === null || typeof exported !== 'object') return undefined
  const all = exported as Readonly<Record<string, unknown>>
  if (all['default'] !== undefined || allowedMethods({ ...all }).length > 1) return foldObjects({ [name]: { ...all } })
  const found = Object.entries(all).filter(([, value]) => isResource(value))
  return found.length === 0 ? undefined : foldObjects(Object.fromEntries(found))
}

function isResource(value: unknown): boolean {
  if (typeof value === 'function') return isClass(value)
  if (value === null || typeof value !== 'object') return false
  return (
    branded(value, RESOURCE) ||
    allowedMethods(value).length > 1 ||
    typeof (value as { fetch?: unknown }).fetch === 'function'
  )
}
