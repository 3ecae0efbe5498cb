"""A guest book: it shows what people wrote, and streams a count."""

import json
import time
from pathlib import Path

from flask import Flask, Response, abort, flash, redirect, render_template, request, stream_with_context, url_for

FILE = Path(__file__).parent / 'data' / 'entries.jsonl'


def make():
    app = Flask(__name__)
    app.secret_key = (FILE.parent / 'secret.key').read_text()
    # Answered 413 beyond that.
    app.config['MAX_CONTENT_LENGTH'] = 1024 * 1024

    @app.get('/')
    def book():
        entries = [json.loads(line) for line in FILE.read_text().splitlines()] if FILE.exists() else []
        return render_template('book.html', entries=entries[::-1])

    @app.post('/')
    def sign():
        entry = {'name': request.form['name'].strip()[:100], 'text': request.form['text'].strip()[:2000]}
        if not all(entry.values()):
            abort(400, 'Both fields are needed.')
        # One write to a file that is opened for appending is not mixed with that of another thread or process.
        with FILE.open('ab', buffering=0) as file:
            file.write(json.dumps(entry).encode() + b'\n')
        flash('Thank you.')
        return redirect(url_for('book'), 303)

    @app.get('/count')
    def count():
        def lines():
            for number in range(1, 6):
                yield f'{number}\n'
                time.sleep(0.2)

        return Response(stream_with_context(lines()), mimetype='text/plain')

    return app
