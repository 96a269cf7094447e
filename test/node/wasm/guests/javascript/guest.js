// A process in JavaScript that calls all 19 functions, each when a message tells it to. It is built with its export
// under another name, which is changed to `init` afterwards: the runtime inside has an `init` of its own.
import * as host from 'hyperware:process/standard@1.0.0'

export function startProcess(our) {
  host.printToTerminal(1, our)
  for (;;) {
    const event = receive()
    if (event.error) onSendError(...event.error)
    else if (event.message.tag === 'response') onResponse(...event.message.val)
    else if (letter(event.message.val) === 'q') return
    else onRequest(event.source, event.message.val)
  }
}

function receive() {
  try {
    const [source, message] = host.receive()
    return { source, message }
  } catch (failure) {
    return { error: failure.payload }
  }
}

function letter(request) {
  return String.fromCharCode(request.body[0] ?? 0)
}

function respond(body, metadata, blob) {
  host.sendResponse({ inherit: false, body, metadata, capabilities: [] }, blob)
}

function text(string) {
  return Uint8Array.from(string, (character) => character.charCodeAt(0))
}

function onSendError(error, context) {
  host.printToTerminal(0, error.kind)
  if (error.message.tag === 'response') host.sendResponse(error.message.val[0], error.lazyLoadBlob)
  else respond(error.message.val.body, error.message.val.metadata, error.lazyLoadBlob)
  if (context) respond(context, error.target.node)
}

function onResponse(response, context) {
  host.sendResponse(response, host.getBlob())
  if (context) respond(context)
}

function spawn(source, request) {
  const grants = [[source.process, '"messaging"']]
  try {
    const path = '/package/child.wasm'
    const id = host.spawn(request.metadata, path, { tag: 'restart' }, request.capabilities, grants, request.inherit)
    respond(text(id.processName), id.publisherNode)
  } catch (failure) {
    respond(text(failure.payload ?? failure.message))
  }
}

function sendAndAwait(source, request, blob) {
  let answer
  try {
    answer = host.sendAndAwaitResponse(source, request, blob)
  } catch (failure) {
    onSendError(failure.payload)
    return
  }
  onResponse(...answer[1].val)
}

function onRequest(source, request) {
  const blob = host.getBlob()
  switch (letter(request)) {
    case 'p':
      return host.printToTerminal(7, request.metadata)
    case 'o': {
      const { node, process } = host.our()
      return respond(text(node), process.processName)
    }
    case 'e':
      host.setOnExit({ tag: 'requests', val: [[source, request, blob]] })
      return host.setOnExit(host.getOnExit())
    case 's':
      return host.setState(request.body)
    case 'g':
      return respond(host.getState() ?? text('none'))
    case 'c':
      return host.clearState()
    case 'w':
      return spawn(source, request)
    case '+':
      return host.saveCapabilities(request.capabilities)
    case '-':
      return host.dropCapabilities(request.capabilities)
    case 'h': {
      const held = { inherit: host.hasBlob(), body: text(''), capabilities: host.ourCapabilities() }
      return host.sendResponse(held, blob)
    }
    case 'l':
      return respond(text(''), undefined, host.lastBlob())
    case 'r':
      return host.sendRequest(source, request, request.body, blob)
    case 'R':
      return host.sendRequests([
        [source, request, request.body, blob],
        [source, request, undefined, undefined],
      ])
    case 'a':
      return sendAndAwait(source, request, blob)
    default: {
      const { inherit, body, metadata, capabilities } = request
      return host.sendResponse({ inherit, body, metadata, capabilities }, blob)
    }
  }
}
