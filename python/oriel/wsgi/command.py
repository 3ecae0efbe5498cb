"""The command line of the host."""

from __future__ import annotations

import argparse
import faulthandler
import gc
import io
import os
import sys
from typing import List, Optional

from ..fastcgi.unix_socket import listen, remove
from .application import NotFound, find_application
from .exchange import template
from .server import Server

NO_APPLICATION = 3
"""Exit status where the application could not be found or imported."""
NO_SOCKET = 4
"""Exit status where the socket could not be made."""


def main(arguments: Optional[List[str]] = None) -> int:
    options = _parser().parse_args(arguments)
    # What an application prints belongs to the log when it is printed.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    faulthandler.enable()
    try:
        application = find_application(options.application)
    except NotFound as error:
        print(f'oriel.wsgi: {error}' if '\n' not in str(error) else str(error), file=sys.stderr)
        return NO_APPLICATION
    try:
        listener = listen(options.socket)
    except OSError as error:
        print(f'oriel.wsgi: cannot listen on {options.socket}: {error.strerror or error}', file=sys.stderr)
        return NO_SOCKET
    # What is there now stays: the collector need not look at it again and again.
    gc.collect()
    gc.freeze()
    environ = template(options.threads, options.multiprocess)
    made = os.stat(options.socket)
    Server(application, listener, environ, options.threads, options.grace).run()
    remove(options.socket, made)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='oriel.wsgi', description='Serves a WSGI application over FastCGI on a Unix socket.'
    )
    parser.add_argument('application', help='module:callable, or module:factory()')
    parser.add_argument('--socket', required=True, help='path of the Unix socket to listen on')
    parser.add_argument('--threads', type=_count, default=1, help='requests at once')
    parser.add_argument(
        '--multiprocess', action='store_true', help='other processes serve the same application (wsgi.multiprocess)'
    )
    parser.add_argument(
        '--grace', type=float, default=60, help='seconds that requests have to end after SIGTERM (60)'
    )
    return parser


def _count(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 1024:
        raise argparse.ArgumentTypeError(f'{text} is no number from 1 to 1024')
    return int(text)
