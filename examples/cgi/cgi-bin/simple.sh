#!/bin/sh
printf 'Content-Type: text/html\n\n'
echo Hello.
