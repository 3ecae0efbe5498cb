import { publish, Resource, Response } from 'oriel'

class Echo extends Resource {
  GET(request) {
    return Response.json([...request.headers])
  }
  POST = this.GET
}

await publish('paul', { echo: new Echo() })
