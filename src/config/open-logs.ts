import type { Logger } from '../message/interface.ts'

/** What a config logs to, as long as it is served. */
export interface OpenLogs {
  readonly loggers: readonly Logger[]
  /** @throws ConfigError where a place cannot be opened; then none is. */
  open(): void
  /** Another config is served: what runs by this one may still end. */
  retire(): void
  /** Fulfilled when all that was written is where it belongs. Never rejected. */
  close(): Promise<void>
}
