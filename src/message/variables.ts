/** What an Authorizer tells the resource beside its permission. */
export type Variables = Readonly<Record<string, string>>
