"""What is raised where nobody waits any more."""


class Gone(ConnectionAbortedError):
    """Nobody waits for the answer any more: the client has gone, or the web server."""
