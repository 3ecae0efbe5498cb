/** The table that both ends know (RFC 7541 Appendix A), a field a line, numbered from 1. */
const TABLE = `
:authority
:method: GET
:method: POST
:path: /
:path: /index.html
:scheme: http
:scheme: https
:status: 200
:status: 204
:status: 206
:status: 304
:status: 400
:status: 404
:status: 500
accept-charset
accept-encoding: gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate
`

const LINES = TABLE.split('\n').slice(0, -1)

/** Names and values of the static table by index; the first place is empty, for indexes begin with 1. */
export const STATIC_NAMES: readonly string[] = LINES.map((line) => line.split(': ')[0] as string)
export const STATIC_VALUES: readonly string[] = LINES.map((line) => line.split(': ')[1] ?? '')

/** How many fields the table has; the dynamic table's indexes follow (RFC 7541 §2.3.3). */
export const STATIC_COUNT: number = LINES.length - 1

/** The first index of each name. */
export const STATIC_INDEX: ReadonlyMap<string, number> = new Map(
  STATIC_NAMES.map((name, index): [string, number] => [name, index])
    .slice(1)
    .reverse(),
)
