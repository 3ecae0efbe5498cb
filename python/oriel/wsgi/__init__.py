"""Serves a WSGI application (PEP 3333) to Oriel, or any web server, over FastCGI on a Unix socket."""
