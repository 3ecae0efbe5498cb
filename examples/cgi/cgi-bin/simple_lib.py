"""Prints the form that a request carries: a value by name, or a list of values where the name came more than once.

Python 1.3 had cgi.SvFormContentDict for this, and Python 3.13 has no module cgi any more.
"""

import html
import os
import sys
import urllib.parse

form = urllib.parse.parse_qs(os.environ.get("QUERY_STRING", ""), keep_blank_values=True)
if os.environ.get("REQUEST_METHOD") == "POST":
    sent = sys.stdin.buffer.read(int(os.environ.get("CONTENT_LENGTH") or 0))
    form.update(urllib.parse.parse_qs(sent.decode(), keep_blank_values=True))
items = [(name, values[0] if len(values) == 1 else values) for name, values in form.items()]
print(html.escape(str(items), quote=False))
