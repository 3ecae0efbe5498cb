"""The smallest application, and one with Flask: `small:application`, `small:flask()`."""


def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', '5')])
    return [b'Hello']


def flask():
    from flask import Flask

    app = Flask(__name__)

    @app.get('/', defaults={'path': ''})
    @app.get('/<path:path>')
    def hello(path):
        return 'Hello', 200, {'Content-Type': 'text/plain'}

    return app


try:
    flask_application = flask()
# Who measures the smallest one needs no Flask.
except ImportError:
    pass
