"""The simplest, dumbest object around (dumb.py of the ILU Requester's paper): sends the form variables back."""

import oriel


class Dumb(oriel.Resource):
    def GET(self, request, connection):
        return oriel.Response(repr(request.query))

    POST = GET


oriel.publish('paul', {'dumb': Dumb()})
