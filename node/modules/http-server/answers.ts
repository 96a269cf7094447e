import { type HyperwareError, unreachable } from '@hyperware/protocol'
import type { Context } from 'hono'
import type { InstallError, UninstallError } from '../packages/errors.ts'
import type { GreetingError } from './greeting.ts'
import type { LineError } from './terminal-line.ts'

/** The shape of every error the API answers with. */
export type ErrorAnswer = { code: string; message: string; hint?: string }

export type ErrorStatus = 400 | 401 | 403 | 404 | 413 | 415 | 429 | 500 | 502 | 503 | 504 | 507

export function errorAnswer(context: Context, status: ErrorStatus, error: ErrorAnswer): Response {
  return context.json(error, status)
}

/** A greeting's failure as HTTP has it. */
export function greetingStatus(error: GreetingError): ErrorStatus {
  switch (error.problem.code) {
    case 'bad-name':
    case 'text-too-long':
      return 400
    case 'unknown-name':
      return 404
    case 'offline':
      return 502
    case 'busy':
      return 503
    case 'timeout':
      return 504
    default:
      return unreachable(error.problem)
  }
}

/** A line's failure as HTTP has it. */
export function lineStatus(error: LineError): ErrorStatus {
  switch (error.problem.code) {
    case 'line-too-long':
      return 400
    case 'busy':
      return 503
    case 'script-timeout':
      return 504
    default:
      return unreachable(error.problem)
  }
}

/** A failed install as HTTP has it. */
export function installStatus(error: InstallError): ErrorStatus {
  switch (error.problem.code) {
    case 'package-unreadable':
    case 'not-one-package':
    case 'process-unnamable':
    case 'process-twice':
    case 'component-missing':
    case 'component-refused':
    case 'world-too-new':
    case 'memory-above-ceiling':
      return 400
    case 'package-protected':
      return 403
    case 'kernel-refused':
      return 502
    case 'installing-already':
      return 503
    case 'drive-unwritable':
    case 'intent-unwritable':
    case 'drive-unplaced':
      return 507
    default:
      return unreachable(error.problem)
  }
}

/** A failed uninstall as HTTP has it. */
export function uninstallStatus(error: UninstallError): ErrorStatus {
  switch (error.problem.code) {
    case 'bad-package-id':
      return 400
    case 'package-protected':
      return 403
    case 'package-unknown':
      return 404
    case 'kernel-refused':
      return 502
    case 'installing-already':
    case 'processes-left':
      return 503
    case 'intent-unwritable':
      return 507
    default:
      return unreachable(error.problem)
  }
}

export function describe(error: HyperwareError): ErrorAnswer {
  const { code, message, hint } = error
  return hint === undefined ? { code, message } : { code, message, hint }
}
