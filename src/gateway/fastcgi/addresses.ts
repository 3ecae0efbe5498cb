import { isAbsolute, resolve } from 'node:path'
import type { FastCgiOptions } from './backends.ts'

/** How connections to applications are kept. */
export interface FastCgiPoolOptions extends Omit<FastCgiOptions, 'address' | 'role' | 'objects'> {}

/** Addresses as they are dialled: paths of sockets are taken from a folder, that of the config. */
export function addressesOf(address: string | readonly string[], base: string): string[] {
  return (typeof address === 'string' ? [address] : address).map((one) => {
    if (!one.startsWith('unix:') || isAbsolute(one.slice(5))) return one
    return `unix:${resolve(base, one.slice(5))}`
  })
}
