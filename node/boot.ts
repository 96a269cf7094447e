import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { deploymentOf } from '@hyperware/deployments'
import { formatProcessId, hexToBytes, NET_PROCESS, type NodeIdentity, quote } from '@hyperware/protocol'
import { lockHome } from './disk/home-lock.ts'
import type { Print } from './kernel/effects.ts'
import type { Log } from './kernel/log.ts'
import { type KernelLoop, startKernel } from './kernel/loop.ts'
import { openKeyFile, type OpenKeyFile, readKeyFileHeader } from './keys/key-file.ts'
import { readKeyFile } from './keys/key-file-store.ts'
import { hashPassword } from './keys/password.ts'
import { createGreeter, HTTP_SERVER_PROCESS } from './modules/http-server/greeting.ts'
import { startHttpServer } from './modules/http-server/http-server.ts'
import { createLoginLimit } from './modules/http-server/login-limit.ts'
import { bundlePageFiles } from './modules/http-server/page-files.ts'
import { type Identities, startIdentities } from './modules/identities/identities.ts'
import { fetchOwnIdentity } from './modules/identities/own-identity.ts'
import { nodeCrypto } from './modules/net/crypto-node.ts'
import { listenHostOf } from './modules/net/dial-plan.ts'
import { createNet } from './modules/net/net.ts'
import type { Net } from './modules/net/types.ts'
import { createStateModule } from './modules/state/state.ts'
import { openStore, type StateStore } from './modules/state/store.ts'
import { describeNode } from './node-answer.ts'
import type { NodeOptions } from './options.ts'

export type RunningNode = { name: string; url: string; stop: () => Promise<void> }

/** What the composition root gives a node beside its options. */
export type BootDeps = { log: Log; now: () => number; password: string }

/** How long a chain endpoint that does not answer holds up a boot. */
const CHAIN_PATIENCE_MS = 10_000
/** What each linear memory of a process may hold: all that 32 bits can address. */
const GUEST_MEMORY_MAX_BYTES = 4 * 1_024 ** 3
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
  const header = readKeyFileHeader(keyFile)
  const lock = await lockHome(home)
  running.push(() => lock.release())

  const index = endpoint(options.graphqlUrl)
  const identities = await startIdentities({ home, index, chain, chainId, hypermap, now, log })
  running.push(() => identities.stop())
  const [keys, files] = await Promise.all([
    hashPassword(header.name, deps.password).then((passwordHash) => openKeyFile(keyFile, passwordHash)),
    bundlePageFiles(),
    identities.firstPoll,
  ])
  const { identity: self, problems } = await fetchOwnIdentity(
    { chain, findName: identities.table.findName },
    { chainId, hypermap, name: keys.name, netKey: keys.netKey, routers: keys.routers, patienceMs: CHAIN_PATIENCE_MS },
  )
  for (const problem of problems) log.warn('own-note-malformed', { problem })
  log.info('identity-checked', { name: self.name, netKey: self.netKey, routing: self.routing })

  const store = await openStore({ folder: join(home, 'kernel'), nodeName: self.name })
  running.push(() => store.close())

  const { kernel, net, greeter } = connectParts(deps, options, { self, keys, identities, store, stop })
  running.push(() => kernel.stop())
  await net.start()
  running.push(() => net.stop())

  const server = await startHttpServer(
    {
      node: self.name,
      jwtSecret: keys.jwtSecret,
      keyFile,
      openKeyFile: (passwordHash) => openKeyFile(keyFile, passwordHash),
      limit: createLoginLimit(LOGIN_LIMIT),
      now,
      log,
      greeter,
      status: () => describeNode({ self, problems, net, identities, nowMs: now() }),
      files,
    },
    options.httpPort,
  )
  running.push(() => server.stop())
  return { name: self.name, url: server.url, stop }
}

/** Kernel, net and http-server each need the others; the loop's queue lets them be made one after the other. */
function connectParts(
  deps: BootDeps,
  options: NodeOptions,
  parts: {
    self: NodeIdentity
    keys: OpenKeyFile
    identities: Identities
    store: StateStore
    stop: () => Promise<void>
  },
) {
  const { log, now } = deps
  const { self, keys, identities, store } = parts
  const netKey = hexToBytes(self.netKey)
  const greeter = createGreeter({
    ourName: self.name,
    send: (message) => kernel.send(message),
    knows: (node) => identities.table.find(node) !== undefined,
    randomId: () => randomBytes(8).readBigUInt64BE(),
    now,
  })
  const net: Net = createNet({
    self: { name: self.name, netKeySeed: keys.netKeySeed, netKey: self.netKey, routing: self.routing },
    identities: identities.table,
    log,
    now,
    random: (size) => new Uint8Array(randomBytes(size)),
    // What net answers to this node itself comes from this node.
    deliver: (message) => void (message.source.node === self.name ? kernel.send(message) : kernel.receive(message)),
    sendFailed: (failure) => {
      // The kernel knows the two errors of the WIT: a message that could not leave never reached the other node.
      kernel.sendFailed({
        kind: failure.kind === 'timeout' ? 'timeout' : 'offline',
        message: failure.message,
        reason: failure.reason,
      })
    },
    maxPassthroughs: options.maxPassthroughs,
    ...(self.routing.kind === 'direct' ? { listenHost: listenHostOf(self.routing.ip) } : {}),
  })
  const kernel: KernelLoop = startKernel({
    ourName: self.name,
    modules: [
      { id: HTTP_SERVER_PROCESS, public: false, inbox: greeter.inbox },
      createStateModule({ ourName: self.name, store, send: (message) => kernel.send(message), log }),
      {
        id: NET_PROCESS,
        public: false,
        inbox: (delivery) => {
          // Net answers other nodes itself, before the kernel; what arrives here is of this node.
          if (delivery.kind === 'message' && delivery.message.source.node === self.name) {
            net.handleLocal(delivery.message)
          }
        },
      },
    ],
    transmit: (message) => net.send(message),
    // Deadlines do not follow a clock that somebody sets.
    now: () => performance.now(),
    randomId: () => randomBytes(8).readBigUInt64BE(),
    sign: (bytes) => nodeCrypto.sign(keys.netKeySeed, bytes),
    verify: (bytes, signature) => nodeCrypto.verify(netKey, bytes, signature),
    print: (print) => logPrint(log, print),
    store,
    runner: undefined,
    memoryMaxBytes: GUEST_MEMORY_MAX_BYTES,
    shutDown: () => void parts.stop(),
  })
  return { greeter, net, kernel }
}

/** Until a terminal shows them, prints are log lines. */
function logPrint(log: Log, { verbosity, source, text }: Print): void {
  const fields = { process: formatProcessId(source), text: quote(text), verbosity }
  if (verbosity === 0) log.warn('kernel-print', fields)
  else log.debug('kernel-print', fields)
}

function endpoint(url: string) {
  return { url, timeoutMs: 5_000, maxBytes: 32 * 1_024 * 1_024 }
}
