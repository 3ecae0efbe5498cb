#!/bin/sh
printf 'Content-Type: text/plain\n\n'
env | sort
[ "$REQUEST_METHOD" != POST ] || cat
