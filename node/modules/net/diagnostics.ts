import type { PeerStatus, Self } from './types.ts'

/** What is worth knowing about the module right now. */
export type Diagnostics = {
  readonly self: Self
  readonly peers: readonly PeerStatus[]
  readonly maxPeers: number
  readonly routes: number
  readonly maxPassthroughs: number
}

/** The lines that `GetDiagnostics` answers with, separated by CRLF (net.md section 11). For people; not an interface. */
export function diagnosticsText(
  { self, peers, maxPeers, routes, maxPassthroughs }: Diagnostics,
  nowMs: number,
): string {
  const { routing } = self
  const reach =
    routing.kind === 'direct'
      ? `direct at ${routing.ip}, ports ${JSON.stringify(routing.ports)}`
      : `indirect through ${routing.routers.join(', ')}`
  const lines = [`our identity: ${self.name}, key ${self.netKey}, ${reach}`, `peers: ${peers.length} of ${maxPeers}`]
  for (const { name, state, direction, via, sinceMs, lastError } of peers) {
    const route = via === undefined ? '' : ` via ${via}`
    const error = lastError === undefined ? '' : `, last error: ${lastError}`
    lines.push(
      `  ${name}: ${state} (${direction}${route}) for ${Math.max(0, Math.round((nowMs - sinceMs) / 1000))} s${error}`,
    )
  }
  if (maxPassthroughs > 0) lines.push(`routes carried for others: ${routes} of ${maxPassthroughs}`)
  return lines.join('\r\n')
}
