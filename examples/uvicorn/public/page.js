const $ = (id) => document.getElementById(id)

function add(list, text) {
  const item = document.createElement('li')
  item.textContent = text
  list.append(item)
}

$('count').addEventListener('click', () => {
  $('counted').replaceChildren()
  const events = new EventSource('api/count')
  events.onmessage = ({ data }) => add($('counted'), data)
  // It would begin anew when it has ended.
  events.onerror = () => events.close()
})

const socket = new WebSocket(new URL('api/echo', location.href.replace(/^http/, 'ws')))
socket.onopen = () => $('state').replaceChildren('connected')
socket.onclose = () => $('state').replaceChildren('not connected')
socket.onmessage = ({ data }) => add($('heard'), data)

$('talk').addEventListener('submit', (event) => {
  event.preventDefault()
  socket.send($('said').value)
  $('said').value = ''
})
