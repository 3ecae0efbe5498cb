import { hasOtherReading } from '../host/other-reading.ts'

/** What Express and Connect leave of a target: they cut off `url` what the middleware is mounted at. */
interface Mounted {
  readonly url?: string | undefined
  readonly originalUrl?: string
  readonly baseUrl?: string
}

/**
 * The path at which a middleware is mounted, and the target as the client sent it. Where somebody before it has written
 * another `url`, that counts.
 */
export function mountAndTarget({ url = '', originalUrl = url, baseUrl }: Mounted): { mount: string; target: string } {
  const mount = baseUrl ?? cutOff(originalUrl, url)
  // Of an absolute form both keep scheme and host in `url`; of `//` Express 4 leaves one out. The site is to see them.
  if (!originalUrl.startsWith('/') || !url.startsWith('/') || hasOtherReading(originalUrl)) {
    return { mount, target: originalUrl }
  }
  const target = mount + url
  // They put a slash where nothing is left.
  return { mount, target: target === originalUrl || mount + url.slice(1) === originalUrl ? originalUrl : target }
}

/** Connect does not say it. */
function cutOff(originalUrl: string, url: string): string {
  const rest = originalUrl.endsWith(url) ? url : url.slice(1)
  return originalUrl.endsWith(rest) ? (originalUrl.slice(0, originalUrl.length - rest.length).split('?')[0] ?? '') : ''
}
