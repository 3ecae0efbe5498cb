#!/bin/sh
# Makes what the site needs once: a secret, the database, the static files, and a user of the admin.
# Usage: ./make.sh [USER PASSWORD]
set -eu
cd "$(dirname "$0")"
python=${PYTHON:-/usr/bin/python3}

"$python" -c 'import django' || { echo "Django is missing: apt install python3-django" >&2; exit 1; }
umask 027
mkdir -p data media static
[ -s secret.key ] || "$python" -c 'import secrets; print(secrets.token_urlsafe(50))' > secret.key
"$python" manage.py migrate --verbosity 0
"$python" manage.py collectstatic --noinput --verbosity 0
if [ $# -eq 2 ]; then
  DJANGO_SUPERUSER_PASSWORD=$2 "$python" manage.py createsuperuser --noinput --username "$1" --email "$1@example.org"
fi
