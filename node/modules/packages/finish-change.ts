import { formatError } from '@hyperware/protocol'
import type { Log } from '../../kernel/log.ts'
import { UninstallError } from './errors.ts'
import type { Installer } from './installer.ts'
import type { Intent, Intents } from './intent.ts'
import type { Uninstaller } from './uninstaller.ts'

export type FinishDeps = {
  readonly install: Installer
  readonly uninstall: Uninstaller
  readonly intents: Intents
  readonly log: Log
}

/**
 * Does again what a node that was killed had begun, and says so: every step of it may have been taken already. It has the
 * turn as soon as this is called. Never rejects: what cannot be finished is reported, and kept for the next boot.
 */
export async function finishChange(deps: FinishDeps, intent: Intent): Promise<void> {
  const begun = { change: intent.kind, package: intent.package }
  try {
    await doAgain(deps, intent)
    deps.log.info('package-change-finished', begun)
  } catch (error) {
    const problem = error instanceof Error ? error.message : formatError(error) // its hint is for whoever installs
    const hint = 'the next boot tries again, unless a package is installed or uninstalled before'
    deps.log.error('package-change-unfinished', { ...begun, problem, hint })
  }
}

async function doAgain({ install, uninstall, intents }: FinishDeps, intent: Intent): Promise<void> {
  if (intent.kind === 'install') {
    await install(intent.bundle)
    return
  }
  try {
    await uninstall(intent.package)
  } catch (error) {
    const isGone = error instanceof UninstallError && error.problem.code === 'package-unknown'
    if (!isGone) throw error
    await intents.end()
  }
}
