import { byId, setText } from './page-elements.page.ts'

type Answer = { answer: string; durationMs: number }
type Refusal = { message: string; hint?: string }

/** Makes the greeting form work: one greeting at a time, its answer read out by screen readers. */
export function startGreeting(): void {
  const node = byId('greet-node', HTMLInputElement)
  const text = byId('greet-text', HTMLInputElement)
  const button = byId('greet-send', HTMLButtonElement)
  const answer = byId('answer', HTMLElement)

  byId('greet', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault()
    if (button.getAttribute('aria-disabled') === 'true') return
    const name = node.value.trim().toLowerCase()
    if (name === '') {
      show(answer, 'bad', 'Enter the name of a node.')
      node.focus()
      return
    }
    void submit(name)
  })

  async function submit(name: string): Promise<void> {
    button.setAttribute('aria-disabled', 'true')
    show(answer, 'wait', `Greeting ${name}…`)
    const [state, words] = await greet(name, text.value)
    button.removeAttribute('aria-disabled')
    show(answer, state, words)
  }
}

async function greet(node: string, text: string): Promise<['good' | 'bad', string]> {
  try {
    const response = await fetch('/api/hi', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(text.trim() === '' ? { node } : { node, text }),
    })
    if (response.status === 401) location.replace('/login')
    const body: unknown = await response.json()
    if (response.ok) {
      const { answer, durationMs } = body as Answer
      return ['good', `${node} answered “${answer}” in ${Math.round(durationMs)} ms`]
    }
    const { message, hint } = body as Refusal
    return ['bad', hint === undefined ? message : `${message}. ${hint[0]?.toUpperCase()}${hint.slice(1)}.`]
  } catch {
    return ['bad', 'This node does not answer. Is it still running?']
  }
}

function show(answer: HTMLElement, state: 'good' | 'bad' | 'wait', words: string): void {
  answer.dataset['state'] = state
  setText(answer, words)
}
