// The requests of a load, prepared once. They differ in query, Cookie, User-Agent, Accept and Accept-Language, in
// bytes and in length, so that no server can recognise a request without reading it. Every run has the same ones.
const count = 500
const agents = [
  (n) => `Mozilla/5.0 (X11; Linux x86_64; rv:${100 + (n % 40)}.0) Gecko/20100101 Firefox/${100 + (n % 40)}.0`,
  (n) =>
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${90 + (n % 50)}.0.${n}.0`,
  (n) =>
    `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_${n % 16}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.${n % 7}`,
  (n) => `curl/8.${n % 12}.${n % 3}`,
]
const languages = ['en-GB,en;q=0.9', 'en-US,en;q=0.5', 'de-CH,de;q=0.8,en;q=0.5', 'fr;q=0.9', 'ja,en;q=0.3', 'pt-BR']
const accepts = ['*/*', 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8', 'text/plain', 'application/json, */*;q=0.1']

// xorshift: the same numbers in every run.
function numbers() {
  let state = 0x2545f491
  return (limit) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % limit
  }
}

// @param more Fields that all of them have.
export function prepareRequests(path, host, more = {}) {
  const next = numbers()
  const pick = (list) => list[next(list.length)]
  return Array.from({ length: count }, () => ({
    target: `${path}?id=${next(1e9)}&page=${next(50)}`,
    headers: {
      Host: host,
      'User-Agent': pick(agents)(next(100)),
      Accept: pick(accepts),
      'Accept-Language': pick(languages),
      Cookie: `session=${next(1e9).toString(36)}${next(1e9).toString(36)}; theme=${pick(['dark', 'light'])}`,
      ...more,
    },
  }))
}

export function requestText({ target, headers }) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `GET ${target} HTTP/1.1\r\n${lines.join('')}\r\n`
}
