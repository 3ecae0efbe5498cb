/** Names that begin so are files in the making: never served, never written to by name. */
export const UPLOAD_PREFIX = '.oriel-upload-'

/** Whether a name is that of an upload under way: it is never served, whatever a route says. */
export function isUploadName(name: string): boolean {
  return name.startsWith(UPLOAD_PREFIX)
}
