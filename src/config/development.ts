import type { ListenAddress } from '../io/bound.ts'
import { developmentCertificate } from '../io/development-certificate.ts'
import type { Config } from './config.ts'

export interface Development {
  readonly config: Config
  /** What whoever sees the browser's warning wants to know. */
  readonly sentence: string
}

/**
 * The same config by TLS, with a certificate for development, on all ports that have none of their own.
 * @throws Error where the certificate cannot be kept.
 */
export function withDevelopmentTls(config: Config, folder?: string): Development {
  const listen: readonly ListenAddress[] = config.listen ?? [{ port: 8080 }]
  const isPlain = ({ tls, unix }: ListenAddress): boolean => tls === undefined && unix === undefined
  const hosts = listen.filter(isPlain).map(({ host = '127.0.0.1' }) => host)
  const { file, certificate } = developmentCertificate(hosts, folder)
  const tls = [{ cert: file, key: file }]
  return {
    config: { ...config, listen: listen.map((entry) => (isPlain(entry) ? { ...entry, tls } : entry)) },
    sentence:
      `The certificate is for development and trusted by nobody: go on where the browser warns, or have it trust ${certificate}; ` +
      'a site for others names a real one in its config.',
  }
}
