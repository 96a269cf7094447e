import { startGreeting } from './home-greeting.page.ts'
import { showPeers } from './home-peers.page.ts'
import { refreshProcesses } from './home-processes.page.ts'
import { startTerminal } from './home-terminal.page.ts'
import type { NodeAnswer } from './node-status.ts'
import { byId, formatDuration, setText } from './page-elements.page.ts'

const POLL_MS = 1_000
/** A view of the chain older than this is shown as a warning, in milliseconds. */
const VIEW_OLD_MS = 15_000

const lost = byId('lost', HTMLElement)
const warnings = byId('warnings', HTMLElement)
const viewState = byId('view-state', HTMLElement)
const knownNodes = byId('known-nodes', HTMLDataListElement)
let lastAnswerMs = Date.now()

async function refresh(): Promise<void> {
  try {
    const response = await fetch('/api/node', { signal: AbortSignal.timeout(5_000) })
    if (response.status === 401) return location.replace('/login')
    if (!response.ok) throw new Error(`HTTP ${response.status}`)
    show((await response.json()) as NodeAnswer)
    await refreshProcesses()
    lastAnswerMs = Date.now()
    lost.hidden = true
  } catch {
    lost.hidden = false
    setText(
      lost,
      `This node has not answered for ${formatDuration(Date.now() - lastAnswerMs)}. Below is what it said last.`,
    )
  }
}

function show(node: NodeAnswer): void {
  setText(byId('net-key', HTMLElement), node.netKey)
  setText(byId('routing', HTMLElement), describeRouting(node.routing))
  showView(node)
  showPeers(node)
  const text = node.warnings.join(' ')
  if (warnings.textContent !== text) {
    warnings.replaceChildren(
      ...node.warnings.map((warning) => {
        const line = document.createElement('p')
        line.className = 'banner'
        line.textContent = warning
        return line
      }),
    )
  }
  const names = node.known.names.join('\n')
  if (knownNodes.dataset['names'] !== names) {
    knownNodes.dataset['names'] = names
    knownNodes.replaceChildren(...node.known.names.map((name) => new Option(name, name)))
  }
}

function showView({ view, known }: NodeAnswer): void {
  const old = view.ageMs === null || view.ageMs > VIEW_OLD_MS
  viewState.classList.toggle('warn', old)
  setText(byId('view-text', HTMLElement), describeAge(view.ageMs, old))
  setText(byId('view-problem', HTMLElement), view.problem ?? '')
  setText(byId('view-chain', HTMLElement), String(view.chainId))
  const source = view.source === 'saved' ? ' (from an earlier run)' : ''
  setText(byId('view-block', HTMLElement), view.block === null ? 'none yet' : `${view.block}${source}`)
  setText(byId('view-known', HTMLElement), String(known.count))
}

function describeAge(ageMs: number | null, old: boolean): string {
  if (ageMs === null) return 'Not seen yet'
  if (old) return `Old: last current ${formatDuration(ageMs)} ago`
  return ageMs < 2_000 ? 'Current, checked just now' : `Current, checked ${formatDuration(ageMs)} ago`
}

function describeRouting(routing: NodeAnswer['routing']): string {
  if (routing.kind === 'indirect') return `indirect, through ${routing.routers.join(', ') || 'no known router'}`
  const ports = Object.entries(routing.ports).map(([transport, port]) => `${transport} ${port}`)
  return `direct, at ${routing.ip}, ${ports.join(', ')}`
}

byId('logout', HTMLButtonElement).addEventListener('click', () => {
  const headers = { 'content-type': 'application/json' }
  void fetch('/logout', { method: 'POST', headers, body: '{}' })
    .catch(() => undefined) // the node is gone; its login page would not load either
    .then(() => location.replace('/login'))
})

startGreeting()
startTerminal()

async function poll(): Promise<void> {
  for (;;) {
    if (!document.hidden) await refresh()
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}
void poll()
