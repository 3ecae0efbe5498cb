const NOT_A_TRAILER =
  /^(?:transfer-encoding|content-(?:length|encoding|type|range|disposition)|host|trailer|te|connection|keep-alive|upgrade|expect|authorization|proxy-.*|cookie|set-cookie|cache-control|max-forwards|range|if-.*|forwarded|x-forwarded-.*|www-authenticate|age|date|expires|location|retry-after|vary|warning)$/i

/**
 * Whether a field may stand behind the content. Those that decide on framing, routing, rights or the form of the content
 * are neither taken from a trailer section nor sent in one (RFC 9110 §6.5.1): whoever is before us or behind does not
 * look there, or would merge them.
 */
export function mayTrail(name: string): boolean {
  return !NOT_A_TRAILER.test(name)
}
