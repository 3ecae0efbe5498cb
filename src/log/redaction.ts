import type { RedactOptions } from './options.ts'

/** What stands in the place of a secret. */
export const HIDDEN = '***'

const FIELDS = ['authorization', 'cookie', 'set-cookie', 'proxy-authorization']
/** Parameters that are secrets by their name. */
const NAMES = [
  ...['pass', 'pw', 'key', 'code', 'session', 'auth', 'authorization', 'bearer', 'jwt', 'otp', 'pin', 'sid', 'sig'],
  ...['assertion', 'samlresponse'],
]
/** Or by a part of it, or by its end, with a number or without: `password_confirmation`, `client_secret`, `user[token]`, `pwd2`. */
const ENDINGS =
  /password|passwd|passphrase|(?:pwd|token|secret|apikey|accesskey|privatekey|secretkey|signature|credentials?|session(?:id)?|sessid)\d*$/
/** Whether it is worth while to look at a query more closely. */
const SUSPECT = /%|pass|pwd?|token|secret|key|sig|cred|se?ss|code|auth|bearer|jwt|otp|pin|sid|assertion|saml/i

const PARAMETER = /[?&;#]([^=&;#?]+)=/g

/** Keeps secrets out of lines. */
export interface Redaction {
  /** A target without the secrets in its query. */
  uri(uri: string): string
  /** The same of a referrer, and without a password before its host (RFC 3986 §3.2.1). */
  referrer(referrer: string): string
  referrer(referrer: string | undefined): string | undefined
  /** The value of a field, hidden where it is a secret. @param name In lower case. */
  field(name: string, value: string | undefined): string | undefined
}

const NOTHING: Redaction = { uri: same, referrer: same, field: (_, value) => value } as Redaction

/** @param options What is hidden beside what always is; false for nothing at all. */
export function redactionOf(options: false | RedactOptions = {}): Redaction {
  return options === false ? NOTHING : new Redactor(options)
}

class Redactor implements Redaction {
  readonly #fields: ReadonlySet<string>
  readonly #names: ReadonlySet<string>
  readonly #suspect: (query: string) => boolean

  constructor({ fields = [], query = [] }: RedactOptions) {
    this.#fields = new Set([...FIELDS, ...fields.map((name) => name.toLowerCase())])
    this.#names = new Set([...NAMES, ...query.map(bare)])
    this.#suspect = query.length > 0 ? () => true : (text) => SUSPECT.test(text)
  }

  uri(uri: string): string {
    const mark = uri.indexOf('?')
    return mark < 0 ? uri : this.#after(uri, mark)
  }

  referrer(referrer: string): string
  referrer(referrer: string | undefined): string | undefined
  referrer(referrer: string | undefined): string | undefined {
    if (referrer === undefined) return undefined
    const open = referrer.includes('@') ? referrer.replace(/\/\/[^/?#]*@/, `//${HIDDEN}@`) : referrer
    const mark = open.search(/[?#]/)
    return mark < 0 ? open : this.#after(open, mark)
  }

  field(name: string, value: string | undefined): string | undefined {
    if (value === undefined || !this.#fields.has(name)) return this.referrer(value)
    return HIDDEN
  }

  #after(text: string, mark: number): string {
    const query = text.slice(mark)
    if (!this.#suspect(query)) return text
    let made = text.slice(0, mark)
    let told = 0
    PARAMETER.lastIndex = 0
    for (let m = PARAMETER.exec(query); m !== null; m = PARAMETER.exec(query)) {
      if (!this.#isSecret(m[1] as string)) continue
      made += query.slice(told, PARAMETER.lastIndex) + HIDDEN
      // A semicolon separates for some readers only: it may be within the secret.
      const end = query.slice(PARAMETER.lastIndex).search(/[&#]/)
      told = end < 0 ? query.length : PARAMETER.lastIndex + end
      PARAMETER.lastIndex = told
    }
    return made + query.slice(told)
  }

  #isSecret(name: string): boolean {
    const text = bare(name)
    return this.#names.has(text) || ENDINGS.test(text)
  }
}

/** A name as whoever reads the query takes it, and without what is only spelling: `user[pass%77ord]`, `api-key`. */
function bare(name: string): string {
  return name
    .replace(/%([0-9a-f]{2})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '')
}

function same(text: string | undefined): string | undefined {
  return text
}
