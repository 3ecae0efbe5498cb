"""Published objects: the uniform interface in Python, and what carries it (docs/objects-protocol.md)."""
