"""An ASGI application without a framework: it streams both ways, and echoes by WebSocket."""

import asyncio
import json
import os


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    route = ROUTES.get((scope["type"], scope["path"]), nowhere)
    await route(scope, receive, send)


async def lifespan(receive, send):
    while (await receive())["type"] == "lifespan.startup":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})


async def begin(send, kind=b"text/plain; charset=utf-8", status=200):
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})


async def piece(send, text="", more=True):
    await send({"type": "http.response.body", "body": text.encode(), "more_body": more})


async def about(scope, receive, send):
    """What the application is told of a request."""
    told = {key: scope[key] for key in ("method", "path", "scheme", "http_version")}
    told["client"] = scope["client"]
    told["query"] = scope["query_string"].decode()
    told["host"] = dict(scope["headers"])[b"host"].decode()
    told["process"] = os.getpid()
    await begin(send, b"application/json")
    await piece(send, json.dumps(told), more=False)


async def count(scope, receive, send):
    """An answer in pieces: events, one each 200 ms, until ten are sent or the client goes."""
    await begin(send, b"text/event-stream")
    gone = asyncio.ensure_future(left(receive))
    for number in range(1, 11):
        await piece(send, f"data: {number}\n\n")
        if gone in (await asyncio.wait([gone], timeout=0.2))[0]:
            print("the client has gone", flush=True)
            return
    gone.cancel()
    await piece(send, more=False)


async def left(receive):
    while (await receive())["type"] != "http.disconnect":
        pass


async def upper(scope, receive, send):
    """Each piece of the content comes back in capital letters as soon as it is there."""
    await begin(send)
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        more = message.get("more_body", False)
        await piece(send, message.get("body", b"").decode("latin-1").upper(), more=more)


async def echo(scope, receive, send):
    """A WebSocket that says what it hears."""
    await receive()
    await send({"type": "websocket.accept"})
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        said = {key: message[key] for key in ("text", "bytes") if message.get(key) is not None}
        await send({"type": "websocket.send", **said})


async def nowhere(scope, receive, send):
    if scope["type"] == "websocket":
        await receive()
        return await send({"type": "websocket.close"})
    await begin(send, status=404)
    await piece(send, f"Nothing is at {scope['path']}\n", more=False)


ROUTES = {
    ("http", "/api/about"): about,
    ("http", "/api/count"): count,
    ("http", "/api/upper"): upper,
    ("websocket", "/api/echo"): echo,
}
