import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ProcessDiagnostics } from '../../node/kernel/diagnostics.ts'
import { createKeyFile, openKeyFile } from '../../node/index.ts'
import { GreetingError } from '../../node/modules/http-server/greeting.ts'
import { type HttpServer, startHttpServer } from '../../node/modules/http-server/http-server.ts'
import { createLoginLimit } from '../../node/modules/http-server/login-limit.ts'
import { LineError } from '../../node/modules/http-server/terminal-line.ts'
import type { NodeAnswer, PeerAnswer } from '../../node/modules/http-server/node-status.ts'
import { bundlePageFiles } from '../../node/modules/http-server/page-files.ts'
import { parseName } from '@hyperware/protocol'
import { collectLog } from '../node/log-lines.ts'
import { findAxeViolations, findSidewaysScroll, launchChromium } from './chromium.ts'

/** The pages on a real http-server, in the states that a small network does not reach by itself. */

const NODE = parseName('alice-home.os')
const PASSWORD = 'a password of alice'

let browser: Browser
let server: HttpServer
let initial: NodeAnswer
let status: NodeAnswer
let processes: readonly ProcessDiagnostics[] = []
const pages: Page[] = []

beforeAll(async () => {
  const { bytes, netKey } = await createKeyFile({ name: NODE, routers: [], password: PASSWORD })
  initial = status = {
    name: NODE,
    netKey,
    routing: { kind: 'direct', ip: '127.0.0.1', ports: { tcp: 9_001 } },
    nowMs: 0,
    peers: [],
    known: { count: 1, names: ['robin-home.os'] },
    view: { block: 12, chainId: 31_337, ageMs: 200, source: 'index' },
    warnings: [],
  }
  server = await startHttpServer(
    {
      node: NODE,
      jwtSecret: new Uint8Array(32).fill(5),
      keyFile: bytes,
      openKeyFile: (passwordHash) => openKeyFile(bytes, passwordHash),
      limit: createLoginLimit({ burst: 100, refillMs: 1_000, concurrent: 2 }),
      now: Date.now,
      log: collectLog().log,
      greeter: {
        greet: async ({ node }) => {
          const name = parseName(node)
          const message = `Cannot greet "${name}": no node of this name is known`
          throw new GreetingError({ code: 'unknown-name', node: name }, message, { hint: 'check the spelling' })
        },
      },
      processes: () => Promise.resolve(processes),
      install: () => Promise.reject(new Error('nothing is installed in this test')),
      uninstall: () => Promise.reject(new Error('nothing is installed in this test')),
      runLine: (line) => {
        if (line !== 'wait') return Promise.resolve({ output: `ran ${line}`, failed: false })
        const message = 'Cannot run line: 100 requests are waiting already'
        return Promise.reject(new LineError({ code: 'busy', waiting: 100 }, message, { hint: 'try again' }))
      },
      status: () => ({ ...status, nowMs: Date.now() }),
      files: await bundlePageFiles(),
    },
    0,
  )
  browser = await launchChromium()
})

beforeEach(() => {
  status = initial
  processes = []
})

afterEach(async () => {
  for (const page of pages.splice(0)) await page.context().close()
})

afterAll(async () => {
  await browser?.close()
  await server?.stop()
})

type Look = { colorScheme: 'light' | 'dark'; width: number }
const LOOKS: Look[] = [
  { colorScheme: 'light', width: 1_100 },
  { colorScheme: 'dark', width: 1_100 },
  { colorScheme: 'light', width: 360 },
  { colorScheme: 'dark', width: 360 },
]

async function open(look: Look = { colorScheme: 'light', width: 1_100 }): Promise<Page> {
  const context = await browser.newContext({
    colorScheme: look.colorScheme,
    viewport: { width: look.width, height: 740 },
  })
  const page = await context.newPage()
  page.setDefaultTimeout(120_000)
  pages.push(page)
  await page.goto(server.url)
  return page
}

async function logIn(page: Page): Promise<void> {
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('heading', { name: 'Peers' }).waitFor()
}

async function expectGoodPage(page: Page): Promise<void> {
  expect(await findAxeViolations(page)).toEqual([])
  expect(await findSidewaysScroll(page)).toBe(0)
}

function manyPeers(count: number): PeerAnswer[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `node-${index}.a-zone-with-a-rather-long-name.os`,
    state: index % 7 === 0 ? ('failed' as const) : ('connected' as const),
    direction: 'incoming' as const,
    sinceMs: Date.now() - index * 60_000,
    ...(index % 7 === 0 ? { lastError: 'cannot connect to 127.0.0.1:9000: ECONNREFUSED' } : {}),
  }))
}

function running(id: string, change: Partial<ProcessDiagnostics> = {}): ProcessDiagnostics {
  return {
    id,
    phase: 'running',
    public: false,
    onExit: 'restart',
    capabilities: 4,
    inbox: { messages: 0, bytes: 0 },
    received: 0,
    sent: 0,
    awaited: 0,
    attempts: 1,
    memoryMaxBytes: 134_217_728,
    usage: { cpuMs: 0, memoryBytes: 3_145_728 },
    ...change,
  }
}

describe.each(LOOKS)('in $colorScheme at $width pixels', (look) => {
  test('the login page is sound, also after a wrong password', async () => {
    const page = await open(look)
    await expectGoodPage(page)
    await page.getByLabel('Password').fill('wrong')
    await page.keyboard.press('Enter')
    await page.getByText('This is not the password of this node').waitFor()
    expect(await page.getByLabel('Password').getAttribute('aria-invalid')).toBe('true')
    await expectGoodPage(page)
  })

  test('the home page is sound without peers, with a hundred, and with an old view of the chain', async () => {
    const page = await open(look)
    status = { ...status, peers: [], view: { ...status.view, ageMs: 200 } }
    await logIn(page)
    await page.getByText('Current, checked just now').waitFor()
    expect(await page.getByText('No links now').isVisible()).toBe(true)
    await expectGoodPage(page)

    const view = {
      ...status.view,
      ageMs: 125_000,
      problem: 'Cannot ask "http://127.0.0.1:42069/graphql": nothing answers',
    }
    status = { ...status, peers: manyPeers(100), view, warnings: ['The routing onchain has changed.'] }
    await page.getByText('Old: last current 2 min ago').waitFor()
    expect(await page.locator('#peers > li').count()).toBe(100)
    expect(await page.getByText('nothing answers').isVisible()).toBe(true)
    await expectGoodPage(page)
  })
})

describe.each(LOOKS)('in $colorScheme at $width pixels', (look) => {
  test('the processes and the output of the terminal are sound, with long names and long lines', async () => {
    processes = [
      ...Array.from({ length: 20 }, (_, index) =>
        running(`process-${index}:a-package:a-rather-long-publisher.name.os`),
      ),
      running('vfs:distro:sys', { phase: 'module', usage: undefined }),
    ]
    const page = await open(look)
    await logIn(page)
    await page.getByRole('rowheader', { name: 'vfs:distro:sys' }).waitFor()
    await page.getByLabel('Terminal', { exact: true }).fill(`echo ${'long'.repeat(100)}`)
    await page.keyboard.press('Enter')
    await page.getByText(`ran echo ${'long'.repeat(100)}`).waitFor()
    await expectGoodPage(page)
  })
})

test('processes come and go, and show what they do, without the page being loaded again', async () => {
  processes = [running('hello:hello:example.os'), running('vfs:distro:sys', { phase: 'module', usage: undefined })]
  const page = await open()
  await logIn(page)
  const row = (id: string) => page.locator(`#processes tr[data-process="${id}"]`)
  await row('hello:hello:example.os').getByText('3.0 MiB').waitFor()
  expect(await row('vfs:distro:sys').locator('td').allTextContents()).toEqual(
    expect.arrayContaining(['module', '-', '4']),
  )
  await row('hello:hello:example.os').evaluate((element) => element.setAttribute('data-same', 'yes'))
  processes = [running('hello:hello:example.os', { received: 1_000_000, phase: 'waiting' }), running('new:a:b.os')]
  await row('hello:hello:example.os').getByText('waiting').waitFor()
  await row('new:a:b.os').waitFor()
  expect(await row('hello:hello:example.os').getAttribute('data-same')).toBe('yes')
  expect(await row('vfs:distro:sys').count()).toBe(0)
  expect(await page.locator('#process-count').textContent()).toBe('2')
})

test('lines of the terminal show their output in order, failures with a hint, and come back with the arrows', async () => {
  const page = await open()
  await logIn(page)
  const line = page.getByLabel('Terminal', { exact: true })
  const output = page.locator('#terminal-output[role=log]')
  expect(await output.isVisible()).toBe(false)
  for (const text of ['echo <b>one</b>', 'wait']) {
    await line.fill(text)
    await page.keyboard.press('Enter')
    await output.getByText(`> ${text}`).waitFor()
  }
  expect(await output.textContent()).toBe(
    '> echo <b>one</b>\nran echo <b>one</b>\n> wait\nCannot run line: 100 requests are waiting already\ntry again\n',
  )
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('ArrowUp')
  expect(await line.inputValue()).toBe('echo <b>one</b>')
  await page.keyboard.press('ArrowDown')
  expect(await line.inputValue()).toBe('wait')
})

test('peers come, change and go without the page being loaded again', async () => {
  status = { ...status, peers: [{ name: 'bob.os', state: 'connecting', direction: 'outgoing', sinceMs: Date.now() }] }
  const page = await open()
  await logIn(page)
  const row = page.locator('#peers > li')
  await row.getByText(/connecting/).waitFor()
  status = { ...status, peers: [{ name: 'bob.os', state: 'connected', direction: 'outgoing', via: 'relay.os' }] }
  await row.getByText('connected through relay.os, outgoing').waitFor()
  status = { ...status, peers: [] }
  await page.getByText('No links now').waitFor()
  expect(await row.count()).toBe(0)
})

test('a refused greeting is shown with its hint, in a live region', async () => {
  const page = await open()
  await logIn(page)
  await page.getByLabel('Name').fill('nobody.os')
  await page.keyboard.press('Enter')
  const answer = page.locator('#answer[role=status]')
  await answer.getByText('Cannot greet "nobody.os": no node of this name is known. Check the spelling.').waitFor()
  await expectGoodPage(page)
})

test('the password never leaves the browser, and its hash does', async () => {
  const page = await open()
  const bodies: string[] = []
  page.on('request', (request) => bodies.push(`${request.url()} ${request.postData() ?? ''}`))
  await logIn(page)
  const sent = bodies.join('\n')
  expect(sent).not.toContain(PASSWORD)
  expect(sent).toMatch(/\/login \{"password_hash":"0x[0-9a-f]{64}"/)
})

test('a form that is sent before the script is there carries no password', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  pages.push(page)
  const addresses: string[] = []
  page.on('request', (request) => addresses.push(`${request.url()} ${request.postData() ?? ''}`))
  await page.goto(server.url)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.keyboard.press('Enter')
  await page.waitForTimeout(500)
  expect(addresses.join('\n')).not.toMatch(/password.{1,3}of/)
})

test('scripts cannot read the session, and nothing but the node is asked for anything', async () => {
  const page = await open()
  const hosts = new Set<string>()
  page.on('request', (request) => hosts.add(new URL(request.url()).origin))
  await logIn(page)
  expect(await page.evaluate('document.cookie')).toBe('')
  const [cookie] = await page.context().cookies()
  expect(cookie).toMatchObject({ name: `hyperware-auth_${NODE}`, httpOnly: true, sameSite: 'Strict', path: '/' })
  expect([...hosts]).toEqual([server.url])
})

test('a name that looks like markup stays text', async () => {
  status = { ...status, peers: [{ name: '<img src=x onerror=alert(1)>', state: 'failed', lastError: '<b>no</b>' }] }
  const page = await open()
  await logIn(page)
  await page.getByText('<b>no</b>').waitFor()
  expect(await page.locator('#peers img, #peers b').count()).toBe(0)
})

test('a node that stops answering is said to have, and its last words stay', async () => {
  const page = await open()
  await logIn(page)
  await page.getByText('Current, checked just now').waitFor()
  await page.context().setOffline(true)
  await page.getByText(/This node has not answered for/).waitFor()
  expect(await page.getByText(status.netKey).isVisible()).toBe(true)
  await expectGoodPage(page)
  await page.context().setOffline(false)
  await page.getByText(/This node has not answered for/).waitFor({ state: 'hidden' })
})
