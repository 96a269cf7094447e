import { afterEach, describe, expect, test } from 'vitest'
import { freePort } from '../../../helpers/free-port.ts'
import { Directory, bootNode, stopAll } from './network.ts'

afterEach(stopAll)

describe('two direct nodes', () => {
  test('greet each other over one link, whoever dialled it', async () => {
    const directory = new Directory()
    const alice = await bootNode('alice.os', { directory })
    const bob = await bootNode('bob.os', { directory })
    expect(await alice.hi('bob.os')).toBe('ack')
    expect(await bob.hi('alice.os')).toBe('ack')
    expect(alice.net.peers()).toEqual([
      { name: 'bob.os', state: 'connected', direction: 'outgoing', sinceMs: expect.any(Number) },
    ])
    expect(bob.net.peers()).toEqual([
      { name: 'alice.os', state: 'connected', direction: 'incoming', sinceMs: expect.any(Number) },
    ])
    expect(bob.logs.filter(({ event }) => event === 'greeting')).toEqual([
      { level: 'info', event: 'greeting', fields: { peer: 'alice.os', text: '"hello from alice.os"' } },
    ])
    expect([...alice.complaints(), ...bob.complaints()]).toEqual([])
  })

  test('a node that nobody knows is offline at once', async () => {
    const alice = await bootNode('alice.os', { directory: new Directory() })
    expect(await alice.hi('nobody.os')).toBe('offline: nobody.os is not a known node')
  })

  test('a node that does not listen is offline, and greeted once it does', async () => {
    const directory = new Directory()
    const alice = await bootNode('alice.os', { directory })
    const port = await freePort()
    const gone = await bootNode('bob.os', { directory, port })
    await gone.stop()
    expect(await alice.hi('bob.os')).toBe(`offline: cannot connect to 127.0.0.1:${port}: ECONNREFUSED`)
    expect(alice.net.peers()).toMatchObject([{ name: 'bob.os', state: 'failed', lastError: expect.any(String) }])
    await bootNode('bob.os', { directory, port, keys: gone.keys })
    expect(await alice.hi('bob.os')).toBe('ack')
  })
})

describe('an indirect node', () => {
  test('greets and is greeted through its router', async () => {
    const directory = new Directory()
    const relay = await bootNode('relay.os', { directory, maxPassthroughs: 10 })
    const alice = await bootNode('alice.os', { directory })
    const robin = await bootNode('robin.os', { directory, routers: [relay] })
    expect(await robin.hi('relay.os')).toBe('ack')
    expect(await alice.hi('robin.os')).toBe('ack')
    expect(alice.net.peers()).toMatchObject([{ name: 'robin.os', state: 'connected', via: 'relay.os' }])
    expect(await robin.hi('alice.os')).toBe('ack')
    expect(await relay.hi('robin.os')).toBe('ack')
  })
})
