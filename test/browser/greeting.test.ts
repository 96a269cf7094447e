import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startChain, type TestChain } from '../indexer/network/chain.ts'
import { freePort } from '../helpers/free-port.ts'
import { until } from '../helpers/until.ts'
import { newFolder, startIndexer, type TestIndexer } from '../indexer/network/indexer.ts'
import { createIdentity, startNode, type TestIdentity, type TestNode } from '../node/network.ts'
import { findAxeViolations, launchChromium } from './chromium.ts'

/** Two nodes on a real chain and a real index, and somebody who has only a keyboard. */

let chain: TestChain
let index: TestIndexer
let identities: TestIdentity[]
let nodes: TestNode[]
let browser: Browser

beforeAll(async () => {
  chain = await startChain()
  const os = await chain.mint(chain.root, 'os')
  identities = [
    await createIdentity(chain, { parent: os, name: 'alice-home.os', routing: { tcpPort: await freePort() } }),
    await createIdentity(chain, { parent: os, name: 'relay-home.os', routing: { tcpPort: await freePort() } }),
  ]
  index = await startIndexer({ rpcUrl: chain.rpcUrl, dir: newFolder() })
  await index.reach(await chain.head())
  const graphql = `${index.url}/graphql`
  nodes = await Promise.all(
    identities.map(({ home, password }) => startNode({ home, rpc: chain.rpcUrl, graphql, password })),
  )
  browser = await launchChromium()
})

afterAll(async () => {
  await browser?.close()
  await Promise.all(nodes?.map((node) => node.stop()) ?? [])
  await index?.stop()
  await chain?.stop()
})

test('with the keyboard alone: log in, greet another node, see the link, log out', async () => {
  const [alice] = identities
  const page = await openPage()
  await page.goto(nodes[0]?.url ?? '')

  // The password has the focus as soon as the page is drawn.
  await page.waitForFunction("document.activeElement.id === 'password'")
  await page.keyboard.type(alice?.password ?? '')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Greet a node' }).waitFor()
  await page.getByText(alice?.netKey ?? '').waitFor()
  expect(await page.locator('#view-known').textContent()).toBe('1')
  expect(await page.getByText('No links now').isVisible()).toBe(true)

  const focused = () => page.evaluate('document.activeElement.id')
  await page.keyboard.press('Tab')
  expect(await focused()).toBe('logout')
  await page.keyboard.press('Tab')
  expect(await focused()).toBe('greet-node')
  await page.keyboard.type('relay-home.os')
  await page.keyboard.press('Tab')
  expect(await focused()).toBe('greet-text')
  await page.keyboard.type('good morning')
  await page.keyboard.press('Tab')
  expect(await focused()).toBe('greet-send')
  await page.keyboard.press('Enter')
  await page.getByText(/relay-home\.os answered “ack” in \d+ ms/).waitFor()
  await until(() => nodes[1]?.stderr().includes('good morning') === true, 'the greeting to be shown')

  await page
    .locator('#peers > li')
    .getByText(/connected for \d+ s, outgoing/)
    .waitFor()
  expect(await findAxeViolations(page)).toEqual([])

  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Shift+Tab')
  expect(await focused()).toBe('logout')
  await page.keyboard.press('Enter')
  await page.getByLabel('Password').waitFor()
  expect(await page.context().cookies()).toEqual([])
})

test('a node that has stopped is told apart from one that does not exist', async () => {
  const page = await openPage()
  await page.goto(nodes[0]?.url ?? '')
  await page.getByLabel('Password').fill(identities[0]?.password ?? '')
  await page.keyboard.press('Enter')
  await page.getByLabel('Name').fill('nobody-home.os')
  await page.keyboard.press('Enter')
  await page.getByText('Cannot greet "nobody-home.os": no node of this name is known').waitFor()

  await nodes[1]?.stop('SIGTERM')
  await page.locator('#peers > li[data-state=connected]').waitFor({ state: 'detached' })
  await page.getByLabel('Name').fill('relay-home.os')
  await page.keyboard.press('Enter')
  await page.getByText(/Cannot greet "relay-home\.os": it is offline: .*ECONNREFUSED/).waitFor()
})

async function openPage(): Promise<Page> {
  const page = await (await browser.newContext()).newPage()
  page.setDefaultTimeout(120_000)
  return page
}
