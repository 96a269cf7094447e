import type { NodeAnswer, PeerAnswer } from './node-status.ts'
import { byId, formatDuration, setText } from './page-elements.page.ts'

/** Shows the links to other nodes. Rows stay in place while their peers stay, so nothing jumps under a reader. */
export function showPeers({ peers, nowMs }: NodeAnswer): void {
  const list = byId('peers', HTMLUListElement)
  byId('no-peers', HTMLElement).hidden = peers.length > 0
  list.hidden = peers.length === 0
  setText(byId('peer-count', HTMLElement), peers.length === 0 ? '' : String(peers.length))

  const rows = new Map([...list.children].map((row) => [row.getAttribute('data-peer') ?? '', row]))
  const sorted = peers.toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
  for (const [index, peer] of sorted.entries()) {
    const row = rows.get(peer.name) ?? createRow(peer.name)
    rows.delete(peer.name)
    updateRow(row, peer, nowMs)
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null)
  }
  for (const row of rows.values()) row.remove()
}

function createRow(name: string): HTMLLIElement {
  const row = document.createElement('li')
  row.dataset['peer'] = name
  for (const part of ['dot', 'peer-name', 'peer-state', 'peer-error']) {
    const span = document.createElement('span')
    span.className = part
    if (part === 'dot') span.setAttribute('aria-hidden', 'true')
    row.append(span)
  }
  return row
}

function updateRow(row: Element, peer: PeerAnswer, nowMs: number): void {
  if (row.getAttribute('data-state') !== peer.state) row.setAttribute('data-state', peer.state)
  const [, name, state, error] = row.children
  if (!name || !state || !error) return
  setText(name, peer.name)
  setText(state, describePeer(peer, nowMs))
  setText(error, peer.state === 'failed' ? (peer.lastError ?? '') : '')
}

function describePeer({ state, direction, via, sinceMs }: PeerAnswer, nowMs: number): string {
  const through = via === undefined ? '' : ` through ${via}`
  const since = sinceMs === undefined ? '' : ` for ${formatDuration(nowMs - sinceMs)}`
  const way = state === 'connected' && direction !== undefined ? `, ${direction}` : ''
  return `${state}${through}${since}${way}`
}
