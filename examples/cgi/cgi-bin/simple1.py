#!/usr/bin/python3
"""A little more: read the form that was sent, and give it back."""

print("Content-Type: text/html\n")

import simple_lib  # noqa: E402, F401 (what it prints is the page)
