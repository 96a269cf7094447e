import { formatError } from '@hyperware/protocol'
import { type Context, Hono } from 'hono'
import { except } from 'hono/combine'
import { isRecord } from '../../kernel/json.ts'
import type { ProcessDiagnostics } from '../../kernel/diagnostics.ts'
import { describe, errorAnswer, greetingStatus, lineStatus } from './answers.ts'
import { type Greeter, GreetingError } from './greeting.ts'
import { bodyOnly, limitBody, localHostOnly, securityHeaders } from './guard.ts'
import { login, type LoginDeps } from './login-route.ts'
import type { NodeAnswer } from './node-status.ts'
import { INSTALL_PATH, type InstallDeps, installPackage, uninstallPackage } from './install-route.ts'
import { PACKAGE_MAX_BYTES, PACKAGE_TYPE } from '../packages/package-type.ts'
import { OUR_PATH, OUR_SCRIPT_PATH, ourScript } from './our-script.ts'
import { homePage, loginPage, type PageFile } from './pages.ts'
import { LineError, type LineOutput } from './terminal-line.ts'
import { clearedSessionCookie, findCookie, isSessionValid, sessionCookieName } from './session.ts'

/** Longest request body, in bytes (modules.md section 9.4). */
export const BODY_MAX_BYTES = 16 * 1_024

export type AppDeps = LoginDeps &
  InstallDeps & {
    greeter: Pick<Greeter, 'greet'>
    status: () => NodeAnswer
    /** Every process and module, as the kernel sees it now. */
    processes: () => Promise<readonly ProcessDiagnostics[]>
    /** Runs a line of the terminal. @throws LineError */
    runLine: (line: string) => Promise<LineOutput>
    /** Scripts, styles and pictures of the pages, by path. They hold nothing private. */
    files: ReadonlyMap<string, PageFile>
  }

/**
 * Everything the http-server answers. Order: host, headers, size and type of the body, then the public paths, then
 * those that need a session; the body of a package is long, so it is looked at after the session. A path that needs one shows the login page instead (modules.md section 9.4), the API
 * answers 401.
 */
export function createApp(deps: AppDeps): Hono {
  const app = new Hono()
  app.use(securityHeaders(), localHostOnly())
  app.use(except(INSTALL_PATH, limitBody(BODY_MAX_BYTES), bodyOnly('application/json')))
  app.onError((error, context) => {
    deps.log.error('http-failed', { path: context.req.path, error: formatError(error) })
    return errorAnswer(context, 500, { code: 'internal', message: 'Cannot answer: the node failed; its log says why' })
  })
  app.notFound((context) => {
    const message = 'Cannot find this page: nothing is served here'
    if (context.req.path.startsWith('/api/')) return context.json({ code: 'not-found', message }, 404)
    return context.text(message, 404)
  })

  for (const [path, file] of deps.files) {
    app.get(path, (context) => context.body(file.content, 200, { 'content-type': file.type }))
  }
  app.get(OUR_PATH, (context) => context.text(deps.node))
  app.get(OUR_SCRIPT_PATH, () => ourScript(deps.node))
  app.get('/login', (context) => context.html(loginPage(deps.node)))
  app.post('/login', (context) => login(deps, context))
  app.post('/logout', (context) => {
    context.header('set-cookie', clearedSessionCookie(deps.node))
    return context.json({ loggedOut: true })
  })
  app.get('/', (context) => context.html(hasSession(deps, context) ? homePage(deps.node) : loginPage(deps.node)))

  app.use('/api/*', async (context, next) => {
    if (hasSession(deps, context)) return next()
    const hint = 'POST /login first, and send the cookie it sets'
    return errorAnswer(context, 401, { code: 'login-required', message: 'Cannot answer: not logged in', hint })
  })
  app.get('/api/node', (context) => context.json(deps.status()))
  app.post('/api/hi', (context) => greet(deps, context))
  app.get('/api/processes', async (context) => context.json({ processes: await deps.processes() }))
  app.post('/api/terminal', (context) => terminalLine(deps, context))
  app.post(INSTALL_PATH, bodyOnly(PACKAGE_TYPE), limitBody(PACKAGE_MAX_BYTES), (context) =>
    installPackage(deps, context),
  )
  app.delete(`${INSTALL_PATH}/:package`, (context) => uninstallPackage(deps, context))
  return app
}

async function greet(deps: AppDeps, context: Context): Promise<Response> {
  const body: unknown = await context.req.json().catch(() => undefined)
  const node = isRecord(body) ? body['node'] : undefined
  const text = isRecord(body) ? (body['text'] ?? undefined) : undefined
  if (typeof node !== 'string' || (text !== undefined && typeof text !== 'string')) {
    const message = 'Cannot greet: expected {"node": name, "text": text or nothing}'
    return errorAnswer(context, 400, { code: 'bad-greeting', message })
  }
  try {
    return context.json(await deps.greeter.greet({ node, text }))
  } catch (error) {
    if (!(error instanceof GreetingError)) throw error
    return errorAnswer(context, greetingStatus(error), describe(error))
  }
}

async function terminalLine(deps: AppDeps, context: Context): Promise<Response> {
  const body: unknown = await context.req.json().catch(() => undefined)
  const line = isRecord(body) ? body['line'] : undefined
  if (typeof line !== 'string') {
    return errorAnswer(context, 400, { code: 'bad-line', message: 'Cannot run line: expected {"line": text}' })
  }
  try {
    return context.json(await deps.runLine(line))
  } catch (error) {
    if (!(error instanceof LineError)) throw error
    return errorAnswer(context, lineStatus(error), describe(error))
  }
}

function hasSession(deps: AppDeps, context: Context): boolean {
  const token = findCookie(context.req.header('cookie'), sessionCookieName(deps.node))
  if (token === undefined) return false
  return isSessionValid(deps.jwtSecret, { token, node: deps.node, nowMs: deps.now() })
}
