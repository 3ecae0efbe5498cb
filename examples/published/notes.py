"""
Notes that only their owners may change: state, JSON, a stream, and an authorizer by instance, in one process.

    /notes@anna        all notes; POST adds one
    /notes@anna/7      a note: GET, PUT, DELETE
    /changes@anna      what changes, as it happens (server-sent events)
"""

import json
import queue
import threading

import oriel


class Store:
    """What several requests use at once is used under a lock."""

    def __init__(self):
        self.lock = threading.Lock()
        self.notes = {}
        self.next = 1
        self.listeners = set()

    def change(self, number, note):
        with self.lock:
            if note is None:
                self.notes.pop(number, None)
            else:
                self.notes[number] = note
            for listener in self.listeners:
                listener.put({'number': number, 'note': note})


class Notes(oriel.Resource):
    def __init__(self, store):
        self.store = store

    def info(self):
        return {'description': 'Notes. Only its owner may change one.', 'accepts': ['application/json'], 'produces': ['application/json']}

    def GET(self, request, connection):
        if request.rest.strip('/') == '':
            return oriel.Response.json(self.store.notes)
        return oriel.Response.json(self.note(request))

    def POST(self, request, connection):
        text = request.json()
        with self.store.lock:
            number = self.store.next
            self.store.next += 1
        self.store.change(number, {'text': text, 'owner': connection.user.name if connection.user else None})
        return oriel.Response.json(number, 201, {'Location': f'{request.mount}/{number}'})

    def PUT(self, request, connection):
        note = self.note(request)
        self.store.change(self.number(request), {**note, 'text': request.json()})
        return oriel.Response(None, 204)

    def DELETE(self, request, connection):
        self.note(request)
        self.store.change(self.number(request), None)
        return oriel.Response(None, 204)

    def authorize_user(self, who, request, connection):
        """Asked before each request where a route says `access: { authorizer: 'notes@anna' }`."""
        if request.method in ('GET', 'HEAD', 'OPTIONS'):
            return
        if who is None:
            raise oriel.AuthorizationRequired()
        note = self.store.notes.get(self.number(request))
        if note is not None and note['owner'] != who.name:
            raise oriel.Forbidden(f'Only {note["owner"]} may change this note.')

    def number(self, request):
        segment = request.path.rstrip('/').rpartition('/')[2]
        return int(segment) if segment.isascii() and segment.isdigit() and len(segment) < 10 else 0

    def note(self, request):
        note = self.store.notes.get(self.number(request))
        if note is None:
            raise oriel.HttpError(404, 'There is no such note.')
        return note


class Changes(oriel.Resource):
    def __init__(self, store):
        self.store = store

    def GET(self, request, connection):
        changes = queue.Queue()
        with self.store.lock:
            self.store.listeners.add(changes)

        def events():
            try:
                yield b': hello\n\n'
                while not request.gone:
                    try:
                        yield f'data: {json.dumps(changes.get(timeout=1))}\n\n'
                    except queue.Empty:
                        # Says that we are here, and learns whether the client is.
                        yield b': still here\n\n'
            finally:
                with self.store.lock:
                    self.store.listeners.discard(changes)

        return oriel.Response(events(), headers={'Content-Type': 'text/event-stream'})


if __name__ == '__main__':
    store = Store()
    oriel.publish('anna', {'notes': Notes(store), 'changes': Changes(store)}, threads=64)
