#!/usr/bin/python3
"""The same as a CGI program, `simple1.py` of the paper. Python has no module `cgi` any more: this is what it did."""

import os
from urllib.parse import parse_qs

print('Content-Type: text/plain\n')
fields = parse_qs(os.environ['QUERY_STRING'])
print('Hello' if 'id' in fields else 'nothing', end='')
