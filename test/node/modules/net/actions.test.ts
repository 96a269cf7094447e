import {
  bytesToUtf8,
  decodeNetResponse,
  encodeNetAction,
  parseAddress,
  parseName,
  utf8ToBytes,
} from '@hyperware/protocol'
import type { KernelMessage, KernelRequest, NetAction, NetResponse } from '@hyperware/protocol'
import { afterEach, describe, expect, test } from 'vitest'
import { Directory, bootNode, makeKeys, randomId, stopAll } from './network.ts'
import type { TestNode } from './network.ts'

afterEach(stopAll)

const ASKER = 'alice.os@sign:sign:sys'

function requestOf(body: Uint8Array, blob?: Uint8Array): KernelMessage {
  return {
    id: randomId(),
    source: parseAddress(ASKER),
    target: parseAddress('alice.os@net:distro:sys'),
    rsvp: undefined,
    message: { kind: 'request', inherit: false, expectsResponse: 5n, body, metadata: undefined, capabilities: [] },
    blob: blob === undefined ? undefined : { mime: undefined, bytes: blob },
  }
}

const greeting = (text: string): KernelMessage => requestOf(utf8ToBytes(text))

/** Says something to the node's own networking process, as one of its processes. */
function tell(node: TestNode, body: Uint8Array, blob?: Uint8Array): KernelMessage {
  const message = requestOf(body, blob)
  node.net.handleLocal(message)
  return message
}

/** The answer to an action, with its blob. */
function ask(node: TestNode, action: NetAction, blob?: Uint8Array): { response: NetResponse; blob?: Uint8Array } {
  const { id } = tell(node, encodeNetAction(action), blob)
  const answer = node.delivered.at(-1)
  expect(answer).toMatchObject({
    id,
    source: parseAddress('alice.os@net:distro:sys'),
    target: parseAddress(ASKER),
    message: { kind: 'response' },
  })
  const decoded = decodeNetResponse(answer?.message.body ?? new Uint8Array(0))
  if (!decoded.ok) throw new Error(decoded.problem)
  return answer?.blob === undefined ? { response: decoded.value } : { response: decoded.value, blob: answer.blob.bytes }
}

describe('a process of the node', () => {
  test('learns who is connected, and who anybody is', async () => {
    const directory = new Directory()
    const alice = await bootNode('alice.os', { directory })
    const bob = await bootNode('bob.os', { directory })
    expect(ask(alice, { kind: 'GetPeers' }).response).toEqual({ kind: 'Peers', peers: [] })
    await alice.hi('bob.os')
    expect(ask(alice, { kind: 'GetPeers' }).response).toEqual({ kind: 'Peers', peers: [bob.identity] })
    expect(ask(alice, { kind: 'GetPeer', name: 'bob.os' }).response).toEqual({ kind: 'Peer', peer: bob.identity })
    expect(ask(alice, { kind: 'GetPeer', name: 'alice.os' }).response).toEqual({ kind: 'Peer', peer: alice.identity })
    expect(ask(alice, { kind: 'GetPeer', name: 'ghost.os' }).response).toEqual({ kind: 'Peer', peer: undefined })
  })

  test('reads a diagnosis with one line per peer', async () => {
    const directory = new Directory()
    const alice = await bootNode('alice.os', { directory, maxPassthroughs: 3 })
    await bootNode('bob.os', { directory })
    await alice.hi('bob.os')
    const { response } = ask(alice, { kind: 'GetDiagnostics' })
    expect(response.kind === 'Diagnostics' && response.text.split('\r\n')).toEqual([
      expect.stringMatching(/^our identity: alice.os, key 0x[0-9a-f]{64}, direct at 127.0.0.1, ports {"tcp":\d+}$/),
      'peers: 1 of 64',
      '  bob.os: connected (outgoing) for 0 s',
      'routes carried for others: 0 of 3',
    ])
  })

  test('has bytes signed under its own address, which another node verifies', async () => {
    const directory = new Directory()
    const alice = await bootNode('alice.os', { directory })
    const text = utf8ToBytes('pay bob')
    const { response, blob: signature = new Uint8Array(0) } = ask(alice, { kind: 'Sign' }, text)
    expect(response).toEqual({ kind: 'Signed' })
    const from = parseAddress(ASKER)
    const verify = (change: { from?: string; text?: string }): NetResponse =>
      ask(
        alice,
        { kind: 'Verify', from: change.from === undefined ? from : parseAddress(change.from), signature },
        change.text === undefined ? text : utf8ToBytes(change.text),
      ).response
    expect(verify({})).toEqual({ kind: 'Verified', valid: true })
    expect(verify({ text: 'pay mallory' })).toEqual({ kind: 'Verified', valid: false })
    expect(verify({ from: 'alice.os@other:sign:sys' })).toEqual({ kind: 'Verified', valid: false })
    expect(verify({ from: 'ghost.os@sign:sign:sys' })).toEqual({ kind: 'Verified', valid: false })
  })

  test('greets its own node, which answers whoever it says', async () => {
    const alice = await bootNode('alice.os', { directory: new Directory() })
    const { id } = tell(alice, utf8ToBytes('hello myself'))
    const rsvp = parseAddress('alice.os@other:sign:sys')
    alice.net.handleLocal({ ...greeting('hello again'), rsvp })
    expect(alice.delivered).toMatchObject([
      { id, target: parseAddress(ASKER), message: { kind: 'response', body: utf8ToBytes('ack') } },
      { target: rsvp, message: { kind: 'response', body: utf8ToBytes('ack') } },
    ])
    expect(alice.logs.filter(({ event }) => event === 'greeting').map(({ fields }) => fields)).toEqual([
      { peer: 'alice.os', text: '"hello myself"' },
      { peer: 'alice.os', text: '"hello again"' },
    ])
  })

  test('is not taken to greet when it expects no answer', async () => {
    const alice = await bootNode('alice.os', { directory: new Directory() })
    const asked = greeting('{"fd-manager":"says"}')
    alice.net.handleLocal({ ...asked, message: { ...asked.message, expectsResponse: undefined } as KernelRequest })
    expect(alice.delivered).toEqual([])
    expect(alice.logs.some(({ event }) => event === 'greeting')).toBe(false)
  })

  test('gets no answer to what only other nodes, or the chain, may say', async () => {
    const alice = await bootNode('alice.os', { directory: new Directory() })
    tell(alice, encodeNetAction({ kind: 'ConnectionRequest', name: 'bob.os' }))
    tell(alice, encodeNetAction({ kind: 'HnsBatchUpdate', updates: [] }))
    expect(alice.delivered).toEqual([])
  })
})

describe('another node', () => {
  test('cannot tell us who nodes are', async () => {
    const directory = new Directory()
    const alice = await bootNode('alice.os', { directory })
    const bob = await bootNode('bob.os', { directory })
    const update = {
      name: parseName('carol.os'),
      publicKey: makeKeys().netKey,
      ips: ['127.0.0.1'],
      ports: { tcp: 1 },
      routers: [],
    }
    bob.request('alice.os', encodeNetAction({ kind: 'HnsUpdate', update }))
    expect(await bob.hi('alice.os')).toBe('ack')
    expect(alice.complaints()).toMatchObject([{ event: 'identity-update-refused' }])
    expect(directory.find('carol.os')).toBeUndefined()
  })

  test('that asks a direct node to answer a connection is told it is rejected', async () => {
    const directory = new Directory()
    const alice = await bootNode('alice.os', { directory })
    const bob = await bootNode('bob.os', { directory })
    bob.request('alice.os', encodeNetAction({ kind: 'ConnectionRequest', name: 'carol.os' }))
    expect(await bob.hi('alice.os')).toBe('ack')
    const answers = bob.delivered.map(({ message }) => decodeNetResponse(message.body))
    expect(answers[0]).toEqual({ ok: true, value: { kind: 'Rejected', name: 'carol.os' } })
    expect(bob.delivered.map(({ message }) => bytesToUtf8(message.body)).at(-1)).toEqual({ ok: true, value: 'ack' })
    expect(alice.complaints()).toMatchObject([{ event: 'connection-request-rejected' }])
  })
})
