/** What of the server's own environment a program gets, and nothing else of it (Apache passes the same). */
const PASSED = ['PATH', 'TZ', 'LD_LIBRARY_PATH', ...(process.platform === 'win32' ? windows() : [])]
const USUAL_PATH = '/usr/local/bin:/usr/bin:/bin'

function windows(): string[] {
  return ['SystemRoot', 'COMSPEC', 'PATHEXT', 'WINDIR']
}

/** Variables that every program gets beside those of its request. Those of the config take their place. */
export function inheritedVariables(own: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const variables: Record<string, string> = { PATH: USUAL_PATH }
  for (const name of PASSED) {
    const value = own[name]
    if (value !== undefined && value !== '') variables[name] = value
  }
  return variables
}
