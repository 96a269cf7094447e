import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { decodeNetAction, encodeNetResponse, encodeRoutingRequest, parseName, utf8ToBytes } from '@hyperware/protocol'
import { afterEach, describe, expect, test } from 'vitest'
import { nodeCrypto } from '../../../../node/modules/net/crypto-node.ts'
import { netOf, netResponse } from '../../../../node/modules/net/messages.ts'
import { freePort } from '../../../helpers/free-port.ts'
import { until } from '../../../helpers/until.ts'
import { Directory, bootNode, greetingMessage, makeKeys, stopAll } from './network.ts'
import type { Keys, TestNode } from './network.ts'
import { ScriptedPeer } from './scripted-peer.ts'

afterEach(stopAll)

type Routed = { directory: Directory; relay: TestNode; alice: TestNode; robin: TestNode }

/** Alice is direct, Robin reachable through the relay only. */
async function routedNetwork(maxPassthroughs = 10): Promise<Routed> {
  const directory = new Directory()
  const relay = await bootNode('relay.os', { directory, maxPassthroughs })
  const alice = await bootNode('alice.os', { directory })
  const robin = await bootNode('robin.os', { directory, routers: [relay] })
  await registered(relay, 'robin.os')
  return { directory, relay, alice, robin }
}

async function registered(relay: TestNode, name: string): Promise<void> {
  await until(
    () => relay.net.peers().some((peer) => peer.name === name && peer.state === 'connected'),
    `${name} to register`,
  )
}

/** A known node that the test plays, direct or behind the relay. */
function publishPlayed(directory: Directory, text: string, router?: TestNode): Keys {
  const keys = makeKeys()
  const name = parseName(text)
  directory.publish({
    name,
    netKey: keys.netKey,
    routing:
      router === undefined
        ? { kind: 'direct', ip: '127.0.0.1', ports: { tcp: 1 } }
        : { kind: 'indirect', routers: [router.name] },
  })
  return keys
}

/** Connects to the relay with a routing request of its own making. */
async function askForRoute(
  relay: TestNode,
  { source, target, keys, signed }: { source: string; target: string; keys: Keys; signed?: string },
): Promise<ScriptedPeer> {
  const peer = await ScriptedPeer.connect(relay)
  const signature = nodeCrypto.sign(keys.seed, utf8ToBytes(signed ?? `${target}relay.os`))
  peer.writeFrames(encodeRoutingRequest({ protocolVersion: 1, source, signature, target }))
  return peer
}

describe('through a router', () => {
  test('big messages pass both ways, in one link that the router cannot read', async () => {
    const { alice, robin, relay } = await routedNetwork()
    const text = 'a secret that only robin may read '
    const big = (from: TestNode, to: string): ReturnType<typeof greetingMessage> => ({
      ...greetingMessage(from.name, to, utf8ToBytes(text)),
      target: { node: to, process: { process: 'files', package: 'files', publisher: 'sys' } },
      blob: { mime: undefined, bytes: utf8ToBytes(text.repeat(6_000)) },
    })
    for (let count = 0; count < 5; count++) alice.net.send(big(alice, 'robin.os'))
    await until(() => robin.delivered.length === 5, 'everything to arrive')
    for (let count = 0; count < 5; count++) robin.net.send(big(robin, 'alice.os'))
    await until(() => alice.delivered.length === 5, 'everything to come back')
    for (const { blob } of [...robin.delivered, ...alice.delivered]) {
      expect(blob?.bytes).toEqual(utf8ToBytes(text.repeat(6_000)))
    }
    expect(robin.net.peers()).toMatchObject([
      { name: 'alice.os', state: 'connected', direction: 'incoming', via: 'relay.os' },
      { name: 'relay.os', state: 'connected', direction: 'outgoing' },
    ])
    expect([...alice.complaints(), ...robin.complaints(), ...relay.complaints()]).toEqual([])
  })

  test('two indirect nodes reach each other', async () => {
    const { directory, relay, robin } = await routedNetwork()
    const wren = await bootNode('wren.os', { directory, routers: [relay] })
    await registered(relay, 'wren.os')
    expect(await wren.hi('robin.os')).toBe('ack')
    expect(await robin.hi('wren.os')).toBe('ack')
  })

  test('the next router is tried when one does not answer', async () => {
    const directory = new Directory()
    const relay = await bootNode('relay.os', { directory, maxPassthroughs: 10 })
    const gone = await bootNode('gone.os', { directory, maxPassthroughs: 10, port: await freePort() })
    await gone.stop()
    const alice = await bootNode('alice.os', { directory })
    await bootNode('robin.os', { directory, routers: [gone, relay] })
    await registered(relay, 'robin.os')
    expect(await alice.hi('robin.os')).toBe('ack')
  })

  test('a route is spliced to a direct target too', async () => {
    const { directory, relay, alice } = await routedNetwork()
    const keys = publishPlayed(directory, 'mallory.os')
    const peer = await askForRoute(relay, { source: 'mallory.os', target: 'alice.os', keys })
    await peer.shakeHands('mallory.os', keys)
    peer.send(greetingMessage('mallory.os', 'alice.os', utf8ToBytes('through the relay')))
    expect((await peer.receive()).source).toEqual(netOf('alice.os'))
    expect(alice.net.peers()).toMatchObject([{ name: 'mallory.os', state: 'connected' }])
  })

  test('a router that restarts gets its clients back', async () => {
    const directory = new Directory()
    const port = await freePort()
    const relay = await bootNode('relay.os', { directory, maxPassthroughs: 10, port })
    const alice = await bootNode('alice.os', { directory })
    await bootNode('robin.os', { directory, routers: [relay] })
    await registered(relay, 'robin.os')
    await relay.stop()
    expect(await alice.hi('robin.os')).toMatch(/^offline: through router relay.os: cannot connect to /)
    const again = await bootNode('relay.os', { directory, maxPassthroughs: 10, port, keys: relay.keys })
    await registered(again, 'robin.os')
    expect(await alice.hi('robin.os')).toBe('ack')
  })

  test('a router that becomes known late is registered with at once', async () => {
    const view = new Directory()
    const robinsView = new Directory()
    const relay = await bootNode('relay.os', { directory: view, maxPassthroughs: 10 })
    await bootNode('robin.os', { directory: robinsView, publishTo: [view, robinsView], routers: [relay] })
    robinsView.publish(relay.identity)
    await registered(relay, 'robin.os')
  })

  test('two nodes with the same key take turns at the router with growing pauses', async () => {
    const { directory, relay, robin } = await routedNetwork()
    const copy = await bootNode('robin.os', { directory, routers: [relay], keys: robin.keys })
    await sleep(2_500)
    const connected = [robin, copy].map(({ logs }) => logs.filter(({ event }) => event === 'router-connected').length)
    expect(Math.max(...connected)).toBeLessThanOrEqual(5)
    const said = () => [...robin.complaints(), ...copy.complaints()].filter(({ event }) => event === 'router-unsteady')
    await until(() => said().some(({ fields }) => fields['shortLinks'] === 2), 'both to be unsteady')
    expect(said()).toContainEqual(
      expect.objectContaining({
        fields: expect.objectContaining({ router: 'relay.os', shortLinks: 2, nextMs: 1_000 }),
      }),
    )
  })
})

describe('a router refuses', () => {
  const refused = 'offline: router relay.os refused the route, or robin.os is not registered with it'

  test('to route at all unless told to, and says so once', async () => {
    const { alice, relay, robin } = await routedNetwork(0)
    expect(await alice.hi('robin.os')).toBe(refused)
    expect(relay.complaints()[0]).toMatchObject({
      event: 'registration-refused',
      fields: { peer: 'robin.os', reason: 'this node routes for nobody' },
    })
    expect(await robin.hi('relay.os')).toBe('ack')
  })

  test('a route to a node that is not registered', async () => {
    const { alice, robin, relay } = await routedNetwork()
    await robin.stop()
    expect(await alice.hi('robin.os')).toBe(refused)
    expect(relay.complaints()[0]).toMatchObject({
      event: 'route-refused',
      fields: { source: 'alice.os', target: 'robin.os', reason: 'robin.os is not registered here' },
    })
  })

  test('to be the router of a node whose routers do not name it, until they do', async () => {
    const { directory, relay, alice } = await routedNetwork()
    const other = await bootNode('other.os', { directory })
    const wren = await bootNode('wren.os', { directory, routers: [relay] })
    const honest = wren.identity
    directory.publish({ ...honest, routing: { kind: 'indirect', routers: [other.name] } })
    expect(await wren.hi('relay.os')).toBe('ack')
    directory.publish({ ...honest, routing: { kind: 'indirect', routers: [relay.name, other.name] } })
    expect(await alice.hi('wren.os')).toBe('ack')
  })

  test.each([
    ['a signature over something else', { signed: 'robin.oseve.os' }, 'is not signed by that node'],
    ['an unknown source', { source: 'ghost.os' }, 'comes from a node that is not known'],
    ['an unknown target', { target: 'ghost.os' }, 'asks for a node that is not known'],
    ['a target equal to the source', { target: 'mallory.os' }, 'names the same node twice'],
  ])('%s', async (_, change, problem) => {
    const { directory, relay } = await routedNetwork()
    const keys = publishPlayed(directory, 'mallory.os')
    const peer = await askForRoute(relay, { source: 'mallory.os', target: 'robin.os', keys, ...change })
    await peer.client.closed
    expect(relay.complaints()).toMatchObject([
      { event: 'handshake-failed', fields: { reason: expect.stringContaining(problem) } },
    ])
  })
})

/** The relay, a client of it that the test plays, and a node that asks for that client. */
async function waitingHalf(maxPassthroughs = 10): Promise<{
  relay: TestNode
  client: ScriptedPeer
  alice: Keys
  ask: () => Promise<ScriptedPeer>
  notice: () => ReturnType<ScriptedPeer['receive']>
}> {
  const directory = new Directory()
  const relay = await bootNode('relay.os', { directory, maxPassthroughs })
  const clientKeys = publishPlayed(directory, 'wren.os', relay)
  const alice = publishPlayed(directory, 'alice.os')
  const client = await ScriptedPeer.connect(relay)
  await client.shakeHands('wren.os', clientKeys, { proxyRequest: true })
  await registered(relay, 'wren.os')
  const ask = (): Promise<ScriptedPeer> => askForRoute(relay, { source: 'alice.os', target: 'wren.os', keys: alice })
  return { relay, client, alice, ask, notice: () => client.receive() }
}

describe('a half that waits', () => {
  test('is announced to the target and let go after six seconds', async () => {
    const { ask, notice } = await waitingHalf()
    const start = Date.now()
    const half = await ask()
    const { message, target } = await notice()
    expect(target).toEqual(netOf('wren.os'))
    expect(message.kind === 'request' && message.expectsResponse).toBe(5n)
    expect(decodeNetAction(message.body)).toEqual({ ok: true, value: { kind: 'ConnectionRequest', name: 'alice.os' } })
    await half.client.closed
    expect(Date.now() - start).toBeGreaterThanOrEqual(5_900)
  })

  test('is let go at once when the target rejects it', async () => {
    const { ask, notice, client } = await waitingHalf()
    const half = await ask()
    const request = await notice()
    client.send(netResponse('wren.os', request, encodeNetResponse({ kind: 'Rejected', name: 'alice.os' })))
    await half.client.closed
  })

  test('gives way to a newer one of the same pair, and the oldest to one too many', async () => {
    const { ask, notice } = await waitingHalf(1)
    const first = await ask()
    await notice()
    const second = await ask()
    await notice()
    await first.client.closed
    expect(second.client.isClosed()).toBe(false)
  })

  test('is read ahead of only a little', async () => {
    const { ask, notice, relay } = await waitingHalf()
    const half = await ask()
    await notice()
    const before = process.memoryUsage().arrayBuffers
    half.client.socket.write(randomBytes(20_000_000))
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(half.client.socket.writableLength).toBeGreaterThan(5_000_000)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(25_000_000)
    half.client.socket.destroy()
    expect(relay.net.peers()).toHaveLength(1)
  })
})
