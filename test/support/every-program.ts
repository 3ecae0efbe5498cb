/*
 * The same small application in each tongue: `/hello` has a validator and a known length; `/who` tells as JSON who asked;
 * `/missing` and `/fails` are 404 and 500 in its own words; all else is 404.
 */

const FIELDS = ['authorization', 'remote-user', 'x-remote-user', 'auth-type', 'x-forwarded-user', 'x-webauth-user']

/** What programs tell: their variables. */
const VARIABLES = [
  'REMOTE_USER',
  'AUTH_TYPE',
  ...FIELDS.map((name) => `HTTP_${name.toUpperCase().replaceAll('-', '_')}`),
]

const NAMES = JSON.stringify(VARIABLES)

const ANSWER = `
import json
NAMES = ${NAMES}
def answer(env, name):
    path = env.get('PATH_INFO', '')
    if path == '/hello':
        return '200 OK', 'hello from ' + name, 'text/plain'
    if path == '/who':
        return '200 OK', json.dumps({one: env[one] for one in NAMES if one in env}), 'application/json'
    if path == '/fails':
        return '500 Internal Server Error', 'fails in ' + name, 'text/plain'
    return '404 Not Found', 'missing in ' + name, 'text/plain'
`

/** A CGI program, for Oriel and for fcgiwrap. */
export const PROGRAM: string = `#!/usr/bin/python3
import os, sys
${ANSWER}
status, body, kind = answer(os.environ, 'program')
print('Status: ' + status)
print('Content-Type: ' + kind)
if os.environ.get('PATH_INFO') == '/hello':
    print('ETag: "v1"')
print('Content-Length: %d' % len(body))
print()
if os.environ['REQUEST_METHOD'] != 'HEAD':
    sys.stdout.write(body)
`

/** A WSGI application, for gunicorn and for uWSGI's SCGI socket. */
export const WSGI: string = `
${ANSWER}
def application(environ, start_response):
    status, body, kind = answer(environ, 'application')
    headers = [('Content-Type', kind), ('Content-Length', str(len(body)))]
    if environ.get('PATH_INFO') == '/hello':
        headers.append(('ETag', '"v1"'))
    start_response(status, headers)
    return [body.encode()]
`

/** The same with Django, in one file. */
export const DJANGO: string = `
${ANSWER}
from django.conf import settings
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=['*'], SECRET_KEY='of a test', MIDDLEWARE=[], LOGGING_CONFIG=None)
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import re_path
def view(request):
    status, body, kind = answer(request.META, 'django')
    response = HttpResponse(body, content_type=kind, status=int(status[:3]))
    response['Content-Length'] = str(len(body))
    if request.META.get('PATH_INFO') == '/hello':
        response['ETag'] = '"v1"'
    return response
urlpatterns = [re_path('', view)]
application = get_wsgi_application()
`

export const PHP: string = `<?php
// As an error page (REDIRECT_URL is set) php-fpm tells no PATH_INFO.
$path = $_SERVER['PATH_INFO'] ?? (isset($_GET['hello']) ? '/hello' : '');
$names = json_decode('${NAMES}');
$status = 404; $body = 'missing in php'; $type = 'text/plain';
if ($path === '/hello') { $status = 200; $body = 'hello from php'; header('ETag: "v1"'); }
if ($path === '/who') { $status = 200; $type = 'application/json';
  $body = json_encode((object) array_intersect_key($_SERVER, array_flip($names))); }
if ($path === '/fails') { $status = 500; $body = 'fails in php'; }
http_response_code($status);
header("Content-Type: $type");
header('Content-Length: ' . strlen($body));
echo $body;
`

export const MODULE: string = `import { Response } from 'oriel'
const NAMES = ${JSON.stringify(FIELDS)}
export function GET(request, connection) {
  const path = request.path.slice(request.mount.length)
  if (path === '/hello') return new Response('hello from module', { headers: { ETag: '"v1"', 'Content-Type': 'text/plain' } })
  if (path === '/fails') return new Response('fails in module', { status: 500 })
  if (path !== '/who') return new Response('missing in module', { status: 404 })
  const told = { REMOTE_USER: connection.user?.name, AUTH_TYPE: connection.means?.type }
  for (const name of NAMES) {
    const value = request.headers.get(name)
    if (value !== null) told['HTTP_' + name.toUpperCase().replaceAll('-', '_')] = value
  }
  return Response.json(told)
}
`

/** An upstream: what stands in a server of nginx. */
export const NGINX: string = `
    default_type text/plain;
    location ~ /hello$ { etag off; add_header ETag '"v1"'; return 200 'hello from nginx'; }
    location ~ /who$ {
      default_type application/json;
      return 200 '{ ${FIELDS.map((name) => `"HTTP_${name.toUpperCase().replaceAll('-', '_')}": "$http_${name.replaceAll('-', '_')}"`).join(', ')} }';
    }
    location ~ /fails$ { return 500 'fails in nginx'; }
    location / { return 404 'missing in nginx'; }
`
