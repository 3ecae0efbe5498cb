"""The object `dumb` of the paper on the ILU Requester: it takes the form in the query apart."""

import os

import oriel


class Dumb(oriel.Resource):
    def GET(self, request, connection):
        fields = dict(request.query)
        return oriel.Response('Hello' if 'id' in fields else 'nothing', headers={'Content-Type': 'text/plain'})


oriel.publish('bench', {'dumb': Dumb()}, listen='unix:' + os.environ['BENCH_SOCKET'])
