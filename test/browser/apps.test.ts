import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Browser, BrowserContext } from 'playwright-core'
import { OUR_NAME } from '../node/kernel/kernel-fixture.ts'
import { act, bind, cookie, openWeb, type Web } from '../node/modules/http-server/served.ts'
import { launchChromium } from './chromium.ts'

const PAGE = `<!doctype html><title>app</title><script>
async function attempt(url) {
  try {
    return String((await fetch(url, { credentials: 'include' })).status)
  } catch (error) {
    return error.name
  }
}
window.attempt = attempt
document.title = 'runs at ' + location.host
</script>`

let browser: Browser
let web: Web
let context: BrowserContext

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

beforeEach(async () => {
  web = await openWeb()
  await web.launch('main:app:pub.os', async (guest) => {
    await act(guest, bind('/', { authenticated: true, cache: true }), { mime: 'text/html', text: PAGE })
    await guest.receive()
  })
  context = await browser.newContext()
})
afterEach(async () => {
  await context.close()
  await web.stop()
})

/** As a login at the node's own page leaves it. */
async function logIn(): Promise<void> {
  const value = cookie().slice(`hyperware-auth_${OUR_NAME}=`.length)
  await context.addCookies([
    {
      name: `hyperware-auth_${OUR_NAME}`,
      value,
      domain: 'localhost',
      path: '/',
      httpOnly: true,
      sameSite: 'Strict',
    },
  ])
}

test('an app that the owner opens runs at its own origin, and reaches nothing of the node from there', async () => {
  await logIn()
  const page = await context.newPage()
  await page.goto(`http://localhost:${web.port}/main:app:pub.os/inbox`)
  expect(page.url()).toBe(`http://app-pub-os.localhost:${web.port}/main:app:pub.os/inbox`)
  expect(await page.title()).toBe(`runs at app-pub-os.localhost:${web.port}`)
  const attempt = (url: string): Promise<unknown> => page.evaluate(`attempt(${JSON.stringify(url)})`)
  expect(await attempt('/main:app:pub.os/again')).toBe('200')
  expect(await attempt('/api/node')).toBe('404')
  expect(await attempt(`http://localhost:${web.port}/api/node`)).toBe('TypeError')
  // Its own address at the node is of another origin, too.
  expect(await attempt(`http://localhost:${web.port}/main:app:pub.os`)).toBe('TypeError')
})

test('an app opened at its own origin is logged in by way of the node', async () => {
  await logIn()
  const page = await context.newPage()
  await page.goto(`http://app-pub-os.localhost:${web.port}/main:app:pub.os/inbox`)
  expect(await page.title()).toBe(`runs at app-pub-os.localhost:${web.port}`)
  expect(page.url()).toBe(`http://app-pub-os.localhost:${web.port}/main:app:pub.os/inbox`)
})

test('without a login the password is asked for at the node, and the app follows', async () => {
  const page = await context.newPage()
  await page.goto(`http://app-pub-os.localhost:${web.port}/main:app:pub.os/inbox`)
  expect(page.url()).toBe(`http://localhost:${web.port}/main:app:pub.os/inbox`)
  expect(await page.title()).toBe(`Log in to ${OUR_NAME}`)
  await logIn()
  await page.reload()
  expect(await page.title()).toBe(`runs at app-pub-os.localhost:${web.port}`)
})
