/** What a rotated file may be called behind the name of its log, by us, while we compress it, or by logrotate. */
const OLD = /^(?:[.-]\d[\dT:._-]*|\.old)(?:\.(?:gz|bz2|xz|zst|Z)(?:\.(?:part|tmp))?)?$/

/** Whether a file is an old one of a log, or part of one. Both paths are absolute. */
export function isOldFileOf(log: string, path: string): boolean {
  return path.startsWith(log) && OLD.test(path.slice(log.length))
}
