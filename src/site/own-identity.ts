import type { Access } from '../access/access.ts'
import { rulesIn } from '../access/check-rules.ts'
import { folded, type OwnIdentity } from '../message/identity-fields.ts'
import type { Route } from './route.ts'

/**
 * What a site knows users by, where any of its routes has a guard: then no route passes on what clients say of users, as the
 * application behind an open route may be the one that is behind a guarded route too. A site without guards finds out
 * about nobody, and passes on what a server before it may have said.
 * @param others What is said of who may beside the routes: by the site, by object servers.
 */
export function ownIdentity(
  routes: readonly Route[],
  others: readonly (Access | undefined)[],
): OwnIdentity | undefined {
  const all = [...others, ...routes.map((route) => route.access)]
  if (!all.some((one) => one !== undefined && one !== 'public')) return undefined
  return { fields: new Set([...routes.flatMap(namedBy), ...all.flatMap(believedBy)].map(folded)) }
}

/** The fields by which a route tells of the user. */
function namedBy({ proxy, app }: Route): string[] {
  const forward = [proxy, typeof app === 'object' ? app.forward : undefined]
  return forward.flatMap((one) => {
    if (typeof one !== 'object' || Array.isArray(one)) return []
    const { user, groups } = one as { readonly user?: string; readonly groups?: string }
    return [user, groups].filter((name) => name !== undefined)
  })
}

/** The fields that guards believe of those who stand before us. */
function believedBy(access: Access | undefined): string[] {
  return rulesIn(access).flatMap(({ scheme }) => {
    if (typeof scheme !== 'object' || !('header' in scheme)) return []
    return [scheme.header, scheme.groups].filter((name) => name !== undefined)
  })
}
