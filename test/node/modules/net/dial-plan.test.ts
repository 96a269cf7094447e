import { randomBytes } from 'node:crypto'
import { parseName } from '@hyperware/protocol'
import type { NodeIdentity, NodeRouting } from '@hyperware/protocol'
import { describe, expect, test } from 'vitest'
import { listenHostOf, planDial } from '../../../../node/modules/net/dial-plan.ts'
import type { Self } from '../../../../node/modules/net/types.ts'
import { Directory, makeKeys } from './network.ts'

function identity(name: string, routing: NodeRouting): NodeIdentity {
  return { name: parseName(name), netKey: makeKeys().netKey, routing }
}

function direct(name: string, ip: string, ports: { tcp?: number; ws?: number }): NodeIdentity {
  return identity(name, { kind: 'direct', ip, ports })
}

function indirect(name: string, ...routers: readonly string[]): NodeIdentity {
  return identity(name, { kind: 'indirect', routers: routers.map((router) => parseName(router)) })
}

const tcpRouter = direct('r1.os', '203.0.113.1', { tcp: 1001, ws: 2001 })
const otherRouter = direct('r2.os', '203.0.113.2', { tcp: 1002 })
const wsRouter = direct('r3.os', '203.0.113.3', { ws: 2003 })

/** The plan as text: addresses in order, or why there are none. */
function plan(self: NodeIdentity, target: NodeIdentity): string[] | string {
  const directory = new Directory()
  for (const router of [tcpRouter, otherRouter, wsRouter]) directory.publish(router)
  const us: Self = { name: self.name, netKey: self.netKey, netKeySeed: new Uint8Array(32), routing: self.routing }
  const result = planDial({ self: us, find: directory.find, random: randomBytes }, target)
  if (result.kind === 'unreachable') return result.reason
  return result.attempts.map(({ host, port, role }) => {
    const proxy = role.kind === 'direct' && role.proxyRequest ? ' as client' : ''
    return `${host}:${port} ${role.kind}${proxy}`
  })
}

const alice = direct('alice.os', '198.51.100.7', { tcp: 10_000 })
const robin = indirect('robin.os', 'r1.os')

describe('the way to a node', () => {
  test.each([
    ['direct, by its TCP port', alice, direct('bob.os', '203.0.113.9', { tcp: 9, ws: 8 }), ['203.0.113.9:9 direct']],
    [
      'direct at an IPv6 address',
      alice,
      direct('bob.os', '2001:db8:0:0:0:0:0:1', { tcp: 9 }),
      ['2001:db8:0:0:0:0:0:1:9 direct'],
    ],
    [
      'a neighbour behind our own public address',
      alice,
      direct('bob.os', '198.51.100.7', { tcp: 9 }),
      ['127.0.0.1:9 direct'],
    ],
    [
      'a neighbour behind our own public IPv6 address',
      direct('carol.os', '2001:db8::7', { tcp: 8 }),
      direct('bob.os', '2001:db8::7', { tcp: 9 }),
      ['::1:9 direct'],
    ],
    [
      'a neighbour at an address of this machine',
      direct('carol.os', '127.0.0.5', { tcp: 8 }),
      direct('bob.os', '127.0.0.5', { tcp: 9 }),
      ['127.0.0.5:9 direct'],
    ],
    ['direct without a TCP port', alice, direct('bob.os', '203.0.113.9', { ws: 8 }), 'bob.os publishes no TCP port'],
    ['one of our routers', robin, tcpRouter, ['203.0.113.1:1001 direct as client']],
    ['a router that is not ours', robin, otherRouter, ['203.0.113.2:1002 direct']],
    [
      'indirect, through the routers that can be used',
      alice,
      indirect('bob.os', 'r3.os', 'ghost.os', 'r1.os'),
      ['203.0.113.1:1001 routed'],
    ],
    [
      'indirect without routers known',
      alice,
      indirect('bob.os'),
      'bob.os is indirect and none of its routers is known',
    ],
    [
      'indirect with routers that cannot be used',
      alice,
      indirect('bob.os', 'r3.os'),
      'its router r3.os publishes no TCP port',
    ],
    ['a client of ours that is away', tcpRouter, robin, 'robin.os is not connected to this node, its router'],
  ])('%s', (_, self, target, expected) => {
    expect(plan(self, target)).toEqual(expected)
  })

  test('leads through routers in any order', () => {
    const first = new Set(Array.from({ length: 60 }, () => plan(alice, indirect('bob.os', 'r1.os', 'r2.os'))[0]))
    expect(first).toEqual(new Set(['203.0.113.1:1001 routed', '203.0.113.2:1002 routed']))
  })
})

test.each([
  ['203.0.113.9', '0.0.0.0'],
  ['2001:db8::7', '::'],
  ['127.0.0.1', '127.0.0.1'],
  ['127.0.0.5', '127.0.0.5'],
  ['::1', '::1'],
  ['::ffff:127.0.0.1', '::ffff:127.0.0.1'],
])('a node that publishes %s listens on %s', (ip, host) => {
  expect(listenHostOf(ip)).toBe(host)
})
