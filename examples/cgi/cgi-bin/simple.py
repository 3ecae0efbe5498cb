#!/usr/bin/python3
"""The least that a CGI script can do: say the same to everybody."""

print("Content-Type: text/html\n")
print("Hello.")
