// What Oriel serves in the bench. Its command line has no place for a port or a folder that change with every run, so
// the bench tells them through the environment.
const { BENCH_PORT, BENCH_FILES: root, BENCH_TLS_KEY: key, BENCH_TLS_CERT: cert, BENCH_WORKERS: workers } = process.env
const { BENCH_LOG: file, BENCH_USERS: htpasswd } = process.env
const { BENCH_CGI, BENCH_PHP, BENCH_FASTCGI, BENCH_PROXY, BENCH_WSGI, BENCH_OBJECTS } = process.env

export default {
  timeouts: { idle: 120_000 },
  workers: Number(workers),
  listen: [{ port: Number(BENCH_PORT), host: '127.0.0.1', ...(key && cert ? { tls: [{ key, cert }] } : {}) }],
  ...(file ? { log: [{ format: 'json', to: { file } }] } : {}),
  ...(BENCH_OBJECTS ? { objects: { bench: BENCH_OBJECTS } } : {}),
  routes: [
    { match: '/hello', module: './hello.mjs' },
    ...(htpasswd
      ? [{ match: '/guarded', module: './hello.mjs', access: { scheme: 'basic', store: { htpasswd } } }]
      : []),
    { match: '/files/*', files: root },
    { match: '/uncached/*', files: { root, memory: 0 } },
    ...(BENCH_CGI ? [{ match: '/cgi-bin/*', cgi: './programs' }] : []),
    ...(BENCH_PHP
      ? [{ match: '/php/*', fastcgi: { address: BENCH_PHP, root: './programs', suffix: '.php', connections: 8 } }]
      : []),
    ...(BENCH_PROXY ? [{ match: '/proxy/*', proxy: BENCH_PROXY }] : []),
    ...(BENCH_WSGI ? [{ match: '/wsgi/*', fastcgi: { address: BENCH_WSGI, connections: 4, keepAlive: true } }] : []),
    ...(BENCH_FASTCGI ? [{ match: '/application/*', fastcgi: BENCH_FASTCGI }] : []),
  ],
}
