import { argon2idAsync } from '@noble/hashes/argon2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { ARGON2ID, type PasswordHash, passwordSalt } from '../../keys/password-rule.ts'
import { byId } from './page-elements.page.ts'

/** Longest time the hash may hold the page, in milliseconds, before the browser may draw again. */
const TICK_MS = 16

const form = byId('login', HTMLFormElement)
const password = byId('password', HTMLInputElement)
const button = byId('submit', HTMLButtonElement)
const problem = byId('problem', HTMLElement)
const working = byId('working', HTMLElement)
const progress = byId('progress', HTMLProgressElement)
const node = document.documentElement.dataset['node'] ?? ''

form.addEventListener('submit', (event) => {
  event.preventDefault()
  if (button.getAttribute('aria-disabled') === 'true') return
  if (password.value === '') return refuse('Enter the password of this node.')
  void submit()
})

if (isAtProcess()) void goOnWhenLoggedIn()

/** The page stands in for one of a process, at whose address it was asked for. */
function isAtProcess(): boolean {
  return location.pathname.includes(':')
}

function goOn(): void {
  location.replace(isAtProcess() ? location.href : '/')
}

/** A link of another site brings no cookie along; this page of the node's own can. */
async function goOnWhenLoggedIn(): Promise<void> {
  const response = await fetch('/api/node').catch(() => undefined)
  if (response?.ok === true) goOn()
}

async function submit(): Promise<void> {
  setBusy('Hashing the password…')
  try {
    const passwordHash = await hashPassword(password.value)
    setBusy('Opening the key file…')
    const response = await fetch('/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ password_hash: passwordHash, subdomain: '' }),
    })
    if (response.ok) return goOn()
    refuse(await explain(response))
  } catch {
    refuse('The node does not answer. Is it still running?')
  }
}

function hashPassword(text: string): Promise<PasswordHash> {
  return argon2idAsync(utf8ToBytes(text), utf8ToBytes(passwordSalt(node)), {
    m: ARGON2ID.memoryKib,
    t: ARGON2ID.passes,
    p: ARGON2ID.parallelism,
    dkLen: ARGON2ID.lengthBytes,
    asyncTick: TICK_MS,
    onProgress: (part) => (progress.value = part),
  }).then((hash) => `0x${bytesToHex(hash)}` as const)
}

async function explain(response: Response): Promise<string> {
  if (response.status === 401) return 'This is not the password of this node. Try again.'
  const seconds = response.headers.get('retry-after')
  if (response.status === 429) return `Too many attempts. Try again in ${seconds ?? 'a few'} seconds.`
  return `The node could not check the password (HTTP ${response.status}). Its log says why.`
}

function setBusy(text: string): void {
  button.setAttribute('aria-disabled', 'true')
  problem.textContent = ''
  password.removeAttribute('aria-invalid')
  working.textContent = text
  progress.hidden = false
}

function refuse(text: string): void {
  button.removeAttribute('aria-disabled')
  working.textContent = ''
  progress.hidden = true
  progress.value = 0
  problem.textContent = text
  password.setAttribute('aria-invalid', 'true')
  password.focus()
  password.select()
}
