import { byId, setText } from './page-elements.page.ts'

/** Lines that can be called back with the arrow keys. */
const HISTORY_MAX = 100
/** Most characters of output that stay on the page. */
const OUTPUT_MAX = 50_000

/** The line below the processes: runs what is typed at the node's terminal, and shows what the script says. */
export function startTerminal(): void {
  const form = byId('terminal', HTMLFormElement)
  const input = byId('terminal-line', HTMLInputElement)
  const output = byId('terminal-output', HTMLElement)
  const button = byId('terminal-run', HTMLButtonElement)
  const history: string[] = []
  let place = 0
  let running = false

  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const line = input.value.trim()
    if (line === '' || running) return
    history.push(line)
    if (history.length > HISTORY_MAX) history.shift()
    place = history.length
    input.value = ''
    void show(line)
  })

  async function show(line: string): Promise<void> {
    running = true
    button.setAttribute('aria-disabled', 'true')
    const said = await run(line)
    setText(output, `${output.textContent}> ${line}\n${said}\n`.slice(-OUTPUT_MAX))
    output.hidden = false
    output.scrollTop = output.scrollHeight
    running = false
    button.removeAttribute('aria-disabled')
  }

  input.addEventListener('keydown', (event) => {
    const step = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0
    if (step === 0) return
    event.preventDefault()
    place = Math.min(history.length, Math.max(0, place + step))
    input.value = history[place] ?? ''
  })
}

async function run(line: string): Promise<string> {
  try {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch('/api/terminal', { method: 'POST', headers, body: JSON.stringify({ line }) })
    const answer = (await response.json()) as { output?: string; message?: string; hint?: string }
    return answer.output ?? [answer.message, answer.hint].filter((text) => text !== undefined).join('\n')
  } catch {
    return 'This node does not answer.'
  }
}
