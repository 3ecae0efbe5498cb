interface SystemError extends Error {
  readonly code?: string
  readonly port?: number
  readonly address?: string
  readonly hostname?: string
  readonly syscall?: string
}

/** One clear sentence for an error, without a stack: what happened, and what to do. */
export function sentenceFor(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const error: SystemError = thrown
  if (error.syscall === 'listen') return listenSentence(error)
  if (error.syscall === 'getaddrinfo') {
    return `there is no address for the host ${error.hostname ?? ''}. Give one of this machine, or 0.0.0.0 for all.`
  }
  return error.message
}

function listenSentence({ code, port, address = '', message }: SystemError): string {
  const isPort = port !== undefined && port >= 0
  const where = isPort ? `port ${port}` : `the socket ${address}`
  switch (code) {
    case 'EADDRINUSE':
      return isPort
        ? `${where} is in use already. Stop what listens there, or choose another, for instance ${port < 65535 ? port + 1 : port - 1}.`
        : `${where} is in use already, or another file has its name. Stop what listens there, or choose another path.`
    case 'EACCES':
      return isPort
        ? `this user may not listen on ${where}. Choose a port from 1024 on, or allow it.`
        : `this user may not make ${where}. Choose a folder that it may write to.`
    case 'ENOENT':
      return `there is no folder for ${where}. Make it, or choose another path.`
    case 'ENAMETOOLONG':
      return `the name of ${where} is too long for a socket. Choose a folder with a shorter one.`
    case 'EADDRNOTAVAIL':
      return `this machine has no address ${address}. Choose one of its own, 127.0.0.1, or 0.0.0.0 for all.`
    default:
      return `cannot listen on ${where}: ${message}`
  }
}
