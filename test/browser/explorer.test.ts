import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSchema, createYoga } from 'graphql-yoga'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { renderExplorer } from '../../indexer/src/api/explorer.ts'
import { FIRST_QUERY } from '../../indexer/src/api/first-query.ts'
import { typeDefs } from '../../indexer/src/api/type-defs.ts'
import { findSidewaysScroll, launchChromium } from './chromium.ts'

const boxOf = async (page: Page, pane: string) => {
  const box = await page.locator(pane).boundingBox()
  if (box === null) throw new Error(`${pane} is not shown`)
  return box
}

test('the explorer of the index has its panes beside each other on a desk, and one above the other on a phone', async () => {
  const status = () => ({ chainId: 31337, block: 1 })
  const schema = createSchema({ typeDefs, resolvers: { Query: { status, nodeIdentities: () => ({ items: [] }) } } })
  const yoga = createYoga({ schema, renderGraphiQL: renderExplorer, logging: false })
  const server = createServer((request, response) => void yoga(request, response))
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await using browser = await launchChromium()
  for (const [width, height, isMobile] of [
    [1100, 800, false],
    [360, 740, true],
  ] as const) {
    const page = await browser.newPage({ viewport: { width, height }, isMobile, hasTouch: isMobile })
    await page.goto(`http://127.0.0.1:${port}/graphql?${new URLSearchParams({ query: FIRST_QUERY })}`)
    await page.locator('.graphiql-execute-button').click()
    await page.locator('.graphiql-response').getByText('31337').waitFor()
    const [asked, answered] = [await boxOf(page, '.graphiql-editors'), await boxOf(page, '.graphiql-response')]
    expect([await page.evaluate('innerWidth'), await findSidewaysScroll(page)]).toEqual([width, 0])
    expect(answered.width).toBeGreaterThan(isMobile ? width - 1 : width / 3)
    if (isMobile) expect(answered.y).toBeGreaterThanOrEqual(asked.y + asked.height)
    else expect(answered.x).toBeGreaterThanOrEqual(asked.x + asked.width)
    expect(answered.y + answered.height).toBeLessThanOrEqual(height)
  }
  server.closeAllConnections()
  await new Promise((resolve) => void server.close(resolve))
})
