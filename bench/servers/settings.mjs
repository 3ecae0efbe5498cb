// What a server of the bench is told through its environment.
import { readFileSync } from 'node:fs'

const { BENCH_PORT, BENCH_BODY_FILE, BENCH_TLS_KEY, BENCH_TLS_CERT } = process.env

export const port = Number(BENCH_PORT)
export const body = BENCH_BODY_FILE ? readFileSync(BENCH_BODY_FILE, 'latin1') : 'Hello'
export const tlsOptions =
  BENCH_TLS_KEY && BENCH_TLS_CERT ? { key: readFileSync(BENCH_TLS_KEY), cert: readFileSync(BENCH_TLS_CERT) } : undefined
// As long as nginx keeps an idle connection by default.
export const keepAliveTimeout = 75_000
