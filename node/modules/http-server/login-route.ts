import { decodeProcessId, formatProcessId, isHypermapSafe } from '@hyperware/protocol'
import type { Context } from 'hono'
import { isRecord } from '../../kernel/json.ts'
import type { Log } from '../../kernel/log.ts'
import { KeyFileError } from '../../keys/errors.ts'
import { isPasswordHash, type PasswordHash } from '../../keys/password-rule.ts'
import { errorAnswer } from './answers.ts'
import type { LoginLimit } from './login-limit.ts'
import { issueSession, sessionCookie } from './session.ts'

export type LoginDeps = {
  node: string
  jwtSecret: Uint8Array
  /** The key file's bytes, which a successful login answers with (modules.md section 9.4). */
  keyFile: Uint8Array
  /** Opens the key file, or throws a KeyFileError. */
  openKeyFile: (passwordHash: PasswordHash) => Promise<unknown>
  limit: LoginLimit
  now: () => number
  log: Log
}

/**
 * `POST /login` with `{"password_hash":"0x…","subdomain":null}`: the password never travels. Answers 200 with the key
 * file in base64 and a session cookie; `?redirect=/path` answers 303 instead. With a process id as the subdomain the
 * session is good for the paths of that process only.
 */
export async function login(deps: LoginDeps, context: Context): Promise<Response> {
  const body: unknown = await context.req.json().catch(() => undefined)
  if (!isRecord(body) || !isPasswordHash(body['password_hash'])) {
    const message = 'Cannot log in: expected {"password_hash": "0x" and 64 lower-case hex digits}'
    return errorAnswer(context, 400, { code: 'bad-login', message })
  }
  const subdomain = body['subdomain'] ?? ''
  const process = subdomain === '' ? undefined : decodeProcessId(typeof subdomain === 'string' ? subdomain : '')
  if (process !== undefined && (!process.ok || !isHypermapSafe(process.value))) {
    const message = 'Cannot log in to a subdomain: expected the id of its process, as in "main:app:pub.os"'
    return errorAnswer(context, 400, { code: 'subdomain-unknown', message })
  }
  const waitMs = deps.limit.start(deps.now())
  if (waitMs !== undefined) {
    const seconds = Math.ceil(waitMs / 1_000)
    context.header('retry-after', String(seconds))
    const message = `Cannot log in: too many attempts, the next one may start in ${seconds} s`
    return errorAnswer(context, 429, { code: 'too-many-attempts', message })
  }
  return attempt(deps, context, body['password_hash'], process && formatProcessId(process.value))
}

async function attempt(
  deps: LoginDeps,
  context: Context,
  passwordHash: PasswordHash,
  process: string | undefined,
): Promise<Response> {
  let succeeded = false
  try {
    await deps.openKeyFile(passwordHash)
    succeeded = true
  } catch (error) {
    if (!(error instanceof KeyFileError) || error.code !== 'wrong-password') throw error
    deps.log.warn('login-refused')
    const message = 'Cannot log in: the password is wrong'
    return errorAnswer(context, 401, { code: 'wrong-password', message })
  } finally {
    deps.limit.finish(succeeded)
  }
  deps.log.info('login')
  const token = issueSession(deps.jwtSecret, { node: deps.node, process, nowMs: deps.now() })
  const secure = context.req.header('x-forwarded-proto') === 'https'
  context.header('set-cookie', sessionCookie(deps.node, token, { secure, process }))
  const redirect = context.req.query('redirect')
  if (redirect !== undefined && isOwnPath(redirect)) return context.redirect(redirect, 303)
  return context.json(Buffer.from(deps.keyFile).toString('base64'))
}

/** A path on this node: `//host` and `/\host` would leave it. */
function isOwnPath(path: string): boolean {
  return /^\/(?![/\\])[\x21-\x7e]*$/.test(path)
}
