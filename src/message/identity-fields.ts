/*
 * Fields by which servers tell programs behind them who a user is. Who sends one of them to a server that finds that out
 * itself means to be taken for somebody else.
 */

const WHO = '(?:user|users|user-?name|user-?id|name|e?-?mail|full-?name|groups?|roles?|orgs?|preferred-username|ident)'

/** Of web servers and proxies, of applications that believe them (Django, Grafana, Gitea), and of TLS (RFC 9440). */
const FIELDS = new RegExp(
  `^(?:${[
    `(?:x-)?(?:redirect-)?remote-${WHO}`,
    `(?:x-)?(?:auth|auth-request|authenticated|authentik|webauth|forwarded|proxy|vouch|consumer|token)-${WHO}`,
    '(?:x-)?auth-type|(?:x-)?logon-user|(?:x-)?user-dn|php-auth-(?:user|pw|digest)',
    '(?:x-)?(?:auth-request|forwarded)-access-token',
    '(?:x-)?oidc-.+|shib-.+|mellon-.+|x-consumer-custom-id|x-credential-(?:identifier|username)',
    '(?:sm|iv)-?(?:user|groups?|userdn)|x-ms-client-principal(?:-.+)?|cf-access-authenticated-user-email',
    '(?:x-)?(?:goog-authenticated-user|tailscale-user|pomerium-claim|amzn-oidc)-.+',
    '(?:x-)?(?:ssl-client|forwarded-tls-client|tls-client)(?:-.+)?',
    '(?:x-)?(?:forwarded-)?client-(?:cert|cert-chain|dn|verify|subject(?:-dn)?|cn)',
  ].join('|')})$`,
)

/** A name as those read it who fold names: `X_Remote_User` is `x-remote-user` for CGI, WSGI, Rack and PHP. */
export function folded(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-')
}

/** Whether programs may take a field for the word of a server about the user. @param name As `folded` has it. */
export function tellsOfUser(name: string): boolean {
  return FIELDS.test(name)
}

/**
 * What a site knows users by: where it has guards, fields that tell of users are no client's to send. Undefined where it
 * has none, and whatever stands before it may have said so.
 */
export interface OwnIdentity {
  /** Names of fields that routes tell of users by, beside those that are known to be used so; as `folded` has them. */
  readonly fields: ReadonlySet<string>
}

/** Whether a field is none that a client may send. @param name As `folded` has it. */
export function isOwn(name: string, own: OwnIdentity | undefined): boolean {
  return own !== undefined && (own.fields.has(name) || tellsOfUser(name))
}
