import type { Context } from 'hono'
import { InstallError, UninstallError } from '../packages/errors.ts'
import type { Installer } from '../packages/installer.ts'
import type { Uninstaller } from '../packages/uninstaller.ts'
import { describe, errorAnswer, installStatus, uninstallStatus } from './answers.ts'

export const INSTALL_PATH = '/api/packages'

export type InstallDeps = { readonly install: Installer; readonly uninstall: Uninstaller }

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

/** `DELETE /api/packages/hello:example.os`: ends its processes, and deletes what was installed. */
export async function uninstallPackage(deps: InstallDeps, context: Context<object, '/:package'>): Promise<Response> {
  try {
    return context.json(await deps.uninstall(context.req.param('package')))
  } catch (error) {
    if (!(error instanceof UninstallError)) throw error
    return errorAnswer(context, uninstallStatus(error), describe(error))
  }
}
