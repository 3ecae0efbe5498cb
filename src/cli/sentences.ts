interface SystemError extends Error {
  readonly code?: string
  readonly port?: number
  readonly address?: string
  readonly path?: string
  readonly syscall?: string
}

/** One clear sentence for an error, without a stack: what happened, and what to do. */
export function sentenceFor(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const error: SystemError = thrown
  if (error.syscall === 'listen') return listenSentence(error)
  return error.message
}

function listenSentence({ code, port, address, message }: SystemError): string {
  const where = port === undefined || port < 0 ? `the socket ${address ?? ''}` : `port ${port}`
  switch (code) {
    case 'EADDRINUSE':
      return `${where} is in use already. Stop what listens there, or choose another: oriel --port ${(port ?? 8080) + 1}`
    case 'EACCES':
      return `this user may not listen on ${where}. Choose a port from 1024 on, or allow it.`
    case 'EADDRNOTAVAIL':
      return `this machine has no address ${address ?? ''}. Choose one of its own, 127.0.0.1, or 0.0.0.0 for all.`
    default:
      return `cannot listen on ${where}: ${message}`
  }
}
