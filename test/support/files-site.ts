import type { FilesOptions } from '../../src/resource/files/options.ts'
import { Site, type SiteOptions } from '../../src/site/site.ts'

/** A site that is one folder. */
export function filesSite(
  root: string,
  options: Omit<FilesOptions, 'root'> = {},
  site: Partial<SiteOptions> = {},
): Site {
  return new Site({ routes: [{ match: '/*', files: { root, ...options } }], ...site })
}

/** What a browser sends when somebody follows a link. */
export const NAVIGATION: Readonly<Record<string, string>> = {
  Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'Sec-Fetch-Mode': 'navigate',
}
