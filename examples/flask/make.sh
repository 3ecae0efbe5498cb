#!/bin/sh
# Makes the folder of the entries, with a secret that sessions are signed with.
set -eu
cd "$(dirname "$0")"
umask 027
mkdir -p data
[ -s data/secret.key ] || python3 -c 'import secrets; print(secrets.token_urlsafe(50))' > data/secret.key
