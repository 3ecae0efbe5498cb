import type { ListenAddress } from '../io/bound.ts'
import { developmentCertificate, developmentFiles } from '../io/development-certificate.ts'
import type { Config } from './config.ts'

/**
 * The same config by TLS on all ports that have no certificate of their own, with the one for development, which is made
 * where it is not there, or ends soon. @throws Error where it cannot be kept.
 */
export function withDevelopmentTls(config: Config, folder?: string): Config {
  const hosts = listenOf(config)
    .filter(isPlain)
    .map(({ host = '127.0.0.1' }) => host)
  return withTls(config, developmentCertificate(hosts, folder).file)
}

/** The same with a file that holds both certificate and key: for a process that is given what is in it. */
export function withTls(config: Config, file: string): Config {
  const tls = [{ cert: file, key: file }]
  return { ...config, listen: listenOf(config).map((entry) => (isPlain(entry) ? { ...entry, tls } : entry)) }
}

/** What whoever sees the browser's warning wants to know. */
export function aboutDevelopmentTls(folder?: string): string {
  return (
    `The certificate is for development and trusted by nobody: go on where the browser warns, or have it trust ` +
    `${developmentFiles(folder).certificate}; a site for others names a real one in its config.`
  )
}

function listenOf({ listen = [{ port: 8080 }] }: Config): readonly ListenAddress[] {
  return listen
}

function isPlain({ tls, unix }: ListenAddress): boolean {
  return tls === undefined && unix === undefined
}
