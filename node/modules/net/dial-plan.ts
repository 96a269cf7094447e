import type { NodeIdentity } from '@hyperware/protocol'
import type { DialRole } from './connection-state.ts'
import type { IdentityLookup, RandomSource, Self } from './types.ts'

/** One connection worth trying, and what to say on it. */
export type DialAttempt = { readonly host: string; readonly port: number; readonly role: DialRole }

export type DialPlan =
  | { readonly kind: 'attempts'; readonly attempts: readonly DialAttempt[] }
  | { readonly kind: 'unreachable'; readonly reason: string }

type PlanDeps = { readonly self: Self; readonly find: IdentityLookup['find']; readonly random: RandomSource }

/** Where a node listens on TCP, or why not there. */
export function tcpAddress(self: Self, node: NodeIdentity): { host: string; port: number } | { problem: string } {
  if (node.routing.kind === 'indirect') return { problem: `${node.name} is not a direct node` }
  const { ip, ports } = node.routing
  if (ports.tcp === undefined) return { problem: `${node.name} publishes no TCP port` }
  // Behind one public address the way to a neighbour is not through it (net.md section 5.1).
  const isNeighbour = self.routing.kind === 'direct' && self.routing.ip === ip
  const host = isNeighbour && !isLoopback(ip) ? (isIpv6(ip) ? '::1' : '127.0.0.1') : ip
  return { host, port: ports.tcp }
}

/**
 * The address that a node binds which publishes `ip`: every interface, since the published one may be that of a gateway.
 * One whose published address is this very machine has no business being reached from others. `::` takes IPv4 as well.
 */
export function listenHostOf(ip: string): string {
  if (isLoopback(ip)) return ip
  return isIpv6(ip) ? '::' : '0.0.0.0'
}

function isLoopback(ip: string): boolean {
  return ip.startsWith('127.') || ip.startsWith('::ffff:127.') || ip === '::1'
}

function isIpv6(ip: string): boolean {
  return ip.includes(':')
}

/** How to reach a node, by the rules of net.md section 5.1: directly, or through its routers in random order. */
export function planDial(deps: PlanDeps, node: NodeIdentity): DialPlan {
  const { self } = deps
  const peer = { name: node.name, netKey: node.netKey }
  if (node.routing.kind === 'direct') {
    const address = tcpAddress(self, node)
    if ('problem' in address) return { kind: 'unreachable', reason: address.problem }
    const proxyRequest = self.routing.kind === 'indirect' && self.routing.routers.includes(node.name)
    return { kind: 'attempts', attempts: [{ ...address, role: { kind: 'direct', peer, proxyRequest } }] }
  }
  const problems: string[] = []
  const attempts: DialAttempt[] = []
  for (const name of shuffle(deps.random, node.routing.routers)) {
    const router = deps.find(name)
    if (name === self.name) problems.push(`${node.name} is not connected to this node, its router`)
    else if (router === undefined) problems.push(`its router ${name} is not known`)
    else {
      const address = tcpAddress(self, router)
      if ('problem' in address) problems.push(`its router ${address.problem}`)
      else attempts.push({ ...address, role: { kind: 'routed', peer, router: name } })
    }
  }
  if (attempts.length > 0) return { kind: 'attempts', attempts }
  const reason =
    problems.length === 0 ? `${node.name} is indirect and none of its routers is known` : problems.join('; ')
  return { kind: 'unreachable', reason }
}

/** Fisher and Yates. The order only spreads load, so the slight bias of a remainder does not matter. */
function shuffle<T>(random: RandomSource, items: readonly T[]): T[] {
  const shuffled = [...items]
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = randomBelow(random, last + 1)
    const [a, b] = [shuffled[last], shuffled[other]]
    if (a !== undefined && b !== undefined) [shuffled[last], shuffled[other]] = [b, a]
  }
  return shuffled
}

/** A number from 0 up to and without `limit`, which is far below 2^32. */
export function randomBelow(random: RandomSource, limit: number): number {
  return new DataView(Uint8Array.from(random(4)).buffer).getUint32(0) % limit
}
