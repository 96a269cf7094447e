import type { Context } from 'hono'
import { InstallError } from '../packages/errors.ts'
import type { Installer } from '../packages/installer.ts'
import { describe, errorAnswer, installStatus } from './answers.ts'

export const INSTALL_PATH = '/api/packages'
/** Longest package, zipped, in bytes. */
export const PACKAGE_MAX_BYTES = 32 * 1_024 * 1_024

export type InstallDeps = { readonly install: Installer }

/** `POST /api/packages` with the bundle of one package: installs it, and starts its processes. */
export async function installPackage(deps: InstallDeps, context: Context): Promise<Response> {
  const bundle = new Uint8Array(await context.req.arrayBuffer())
  try {
    return context.json(await deps.install(bundle))
  } catch (error) {
    if (!(error instanceof InstallError)) throw error
    return errorAnswer(context, installStatus(error), describe(error))
  }
}
