import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deploymentOf } from '@hyperware/deployments'
import { formatError, formatPackageId } from '@hyperware/protocol'
import { connectParts, type ConsoleStreams } from './connect-parts.ts'
import { lockHome } from './disk/home-lock.ts'
import type { Log } from './kernel/log.ts'
import { openKeyFile, readKeyFileHeader } from './keys/key-file.ts'
import { namingKeyFile, readKeyFile } from './keys/key-file-store.ts'
import { hashPassword } from './keys/password.ts'
import { startHttpServer } from './modules/http-server/http-server.ts'
import { createLoginLimit } from './modules/http-server/login-limit.ts'
import { bundlePageFiles } from './modules/http-server/page-files.ts'
import { runLine } from './modules/http-server/terminal-line.ts'
import { endpointAt } from './modules/identities/endpoint.ts'
import { startIdentities } from './modules/identities/identities.ts'
import { fetchOwnIdentity } from './modules/identities/own-identity.ts'
import { findIntent } from './modules/packages/intent.ts'
import { findWithoutProcesses } from './modules/packages/without-processes.ts'
import { openStore } from './modules/state/store.ts'
import { type BundledPackage, readBundle, readComponent } from './modules/vfs/bundled-packages.ts'
import { installBundled, restoreDrives } from './modules/vfs/package-drive.ts'
import { describeNode } from './node-answer.ts'
import type { NodeOptions } from './options.ts'

export type RunningNode = { name: string; url: string; stop: () => Promise<void> }

/**
 * What the composition root gives a node beside its options; `console` when somebody may type. `shutDown` is called when
 * the node is to end by its own wish: Ctrl-C at its console, or a process that may say so.
 */
export type BootDeps = {
  log: Log
  now: () => number
  password: string
  console?: ConsoleStreams | undefined
  shutDown: () => void
}

/** How long a chain endpoint that does not answer holds up a boot. */
const CHAIN_PATIENCE_MS = 10_000
/** Password attempts: five at once, then one each six seconds. */
const LOGIN_LIMIT = { burst: 5, refillMs: 6_000, concurrent: 2 }

/**
 * Boots a node: home folder, key file, its identity on the chain, the others' from the index, net, kernel, home page.
 * What was started before a failure is stopped again.
 * @throws HyperwareError of the part that refused.
 */
export async function bootNode(deps: BootDeps, options: NodeOptions): Promise<RunningNode> {
  const running: (() => Promise<void> | void)[] = []
  async function stop(): Promise<void> {
    for (const stopPart of running.splice(0).toReversed()) {
      await Promise.resolve(stopPart()).catch((error: unknown) => deps.log.error('stop-failed', { error }))
    }
  }
  try {
    return await startParts(deps, options, running, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

async function startParts(
  deps: BootDeps,
  options: NodeOptions,
  running: (() => Promise<void> | void)[],
  stop: () => Promise<void>,
): Promise<RunningNode> {
  const { log, now } = deps
  const { home, chainId } = options
  const { hypermap, chain } = {
    hypermap: deploymentOf(chainId).contracts.Hypermap.address,
    chain: endpoint(options.rpcUrl),
  }

  const keyFile = await readKeyFile(home)
  const header = await namingKeyFile(home, () => readKeyFileHeader(keyFile))
  const lock = await lockHome(home)
  running.push(() => lock.release())

  const index = endpoint(options.graphqlUrl)
  const identities = await startIdentities({
    home,
    index,
    chain,
    chainId,
    hypermap,
    now,
    log,
    patienceMs: options.indexPatienceSeconds * 1_000,
  })
  running.push(() => identities.stop())
  const passwordHash = await hashPassword(header.name, deps.password)
  const keys = await namingKeyFile(home, () => openKeyFile(keyFile, passwordHash))
  const [files, packages] = await Promise.all([bundlePageFiles(), unpackBundle(options), identities.firstPoll])
  const { identity: self, problems } = await fetchOwnIdentity(
    { chain, findName: identities.table.findName },
    { chainId, hypermap, name: keys.name, netKey: keys.netKey, routers: keys.routers, patienceMs: CHAIN_PATIENCE_MS },
  )
  for (const problem of problems) log.warn('own-note-malformed', { problem })
  log.info('identity-checked', { name: self.name, netKey: self.netKey, routing: self.routing })

  const store = await openStore({ folder: join(home, 'kernel'), nodeName: self.name })
  running.push(() => store.close())

  const bundled = new Set(packages.map(({ id }) => formatPackageId(id)))
  const kept = new Set(store.listProcesses().map(({ id }) => id))
  const begun = await findIntent(home, log)
  const idle = await findWithoutProcesses({ home, kept, bundled, begun: begun?.package })
  if (idle.length > 0) log.warn('packages-without-processes', { packages: idle, hint: 'install them again' })
  const parts = await connectParts(deps, options, { self, keys, identities, store, bundled })
  const { kernel, net } = parts
  running.push(() => parts.close())
  running.push(() => kernel.stop())
  await net.start()
  running.push(() => net.stop())
  await kernel.boot({ packages, readComponent: (handle) => readComponent(home, handle) })
  parts.acceptLines()
  if (begun !== undefined) void parts.finish(begun) // reports its failure; the rest of the boot does not wait for it
  store.backupIfDue().catch((error: unknown) => log.warn('store-backup-failed', { reason: formatError(error) }))

  const server = await startHttpServer(
    {
      node: self.name,
      jwtSecret: keys.jwtSecret,
      keyFile,
      openKeyFile: (passwordHash) => openKeyFile(keyFile, passwordHash),
      limit: createLoginLimit(LOGIN_LIMIT),
      now,
      log,
      greeter: parts.greeter,
      processes: () => kernel.diagnostics(),
      install: parts.install,
      uninstall: parts.uninstall,
      runLine: (line) => runLine({ ourName: self.name, asker: parts.asker }, line),
      status: () => describeNode({ self, problems, net, identities, nowMs: now() }),
      files,
    },
    options.httpPort,
    parts.served,
  )
  running.push(() => server.stop())
  return { name: self.name, url: server.url, stop }
}

/** Settles the drives, and unpacks the packages that come with the node, which start with those that ran before. */
async function unpackBundle({ home, packages }: NodeOptions): Promise<readonly BundledPackage[]> {
  await restoreDrives(home)
  const bundled = packages === undefined ? [] : readBundle(await readFile(packages))
  for (const each of bundled) await installBundled(home, each)
  return bundled
}

function endpoint(address: string) {
  return endpointAt(address, { timeoutMs: 5_000, maxBytes: 32 * 1_024 * 1_024 })
}
