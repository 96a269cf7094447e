import { randomBytes } from 'node:crypto'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  formatPackageId,
  HTTP_SERVER_PROCESS,
  type KernelMessage,
  parseAddress,
  parseProcessId,
  type ProcessId,
  TIMER_PROCESS,
  utf8ToBytes,
  VFS_PROCESS,
} from '@hyperware/protocol'
import { type KernelLoop, startKernel } from '../../../node/kernel/loop.ts'
import { createAsker } from '../../../node/modules/http-server/asker.ts'
import { type LineOutput, runLine } from '../../../node/modules/http-server/terminal-line.ts'
import { finishChange } from '../../../node/modules/packages/finish-change.ts'
import { createInstaller, type Installer } from '../../../node/modules/packages/installer.ts'
import { createIntents, findIntent } from '../../../node/modules/packages/intent.ts'
import { createTurn } from '../../../node/modules/packages/turn.ts'
import { createUninstaller, type Uninstaller } from '../../../node/modules/packages/uninstaller.ts'
import { createStateModule } from '../../../node/modules/state/state.ts'
import { openStore } from '../../../node/modules/state/store.ts'
import { createTimer } from '../../../node/modules/timer/timer.ts'
import { readBundle, readComponent } from '../../../node/modules/vfs/bundled-packages.ts'
import {
  installBundled,
  isInstalled,
  removeInstalled,
  restoreDrives,
  stageDrive,
} from '../../../node/modules/vfs/package-drive.ts'
import { createVfs } from '../../../node/modules/vfs/vfs.ts'
import { createComponentRunner, MEMORY_MAX_BYTES } from '../../../node/wasm/runner.ts'
import { collectLog, type LogLine } from '../log-lines.ts'

const ROOT = join(import.meta.dirname, '../../..')
/** Shared by all tests and by the development network: making a component takes seconds. */
export const CACHE = join(ROOT, 'cache/components')
/** Longest that a first build of the node's packages takes, on a slow machine where other tests build them too. */
export const BUILD_MS = 900_000
export const TERMINAL = join(ROOT, 'node/packages/terminal')
export const HELLO = join(ROOT, 'examples/hello')
export const OUR_NAME = 'alice-home.os'

/** What came of a request: text, or the words of an error. */
export type Said = { readonly text: string; readonly metadata: string | undefined } | { readonly error: string }

/** A node of real parts with packages, but without net and pages. */
export type PackageNode = {
  readonly home: string
  readonly kernel: KernelLoop
  readonly prints: string[]
  readonly logged: readonly LogLine[]
  /** A change of packages that an earlier node had begun is done, or was reported. */
  readonly finished: Promise<void>
  /** Runs a line as the page does. */
  readonly line: (text: string) => Promise<LineOutput>
  readonly ask: (target: string, body: string, seconds?: number) => Promise<Said>
  readonly tell: (target: string, body: string) => void
  readonly install: Installer
  readonly uninstall: Uninstaller
  readonly stop: () => Promise<void>
}

export async function bundleOf(...folders: readonly string[]): Promise<Uint8Array> {
  // What builds packages takes long to load, and nodes that are child processes need none of it.
  const { buildPackage, bundlePackages } = await import('../../../node/kit/index.ts')
  return bundlePackages(await Promise.all(folders.map((folder) => buildPackage(folder, { cacheFolder: CACHE }))))
}

/** What an install or an uninstall is about to do: to the files of a package, to its intent, or to the kernel. */
export type ChangeStep = 'stage' | 'begin' | 'place' | 'remove' | 'end' | 'ask' | 'tell'

/**
 * Boots a node with the packages of a bundle, on a home of its own or on that of an earlier one. `before` is called before
 * each step of an install or an uninstall.
 */
export async function startPackageNode({
  bundle,
  home: given,
  before = () => undefined,
}: {
  bundle?: Uint8Array
  home?: string
  before?: (step: ChangeStep) => void
}): Promise<PackageNode> {
  const home = given ?? (await mkdtemp(join(tmpdir(), 'hyperware-packages-')))
  const prints: string[] = []
  const { log, lines } = collectLog()
  const store = await openStore({ folder: join(home, 'kernel'), nodeName: OUR_NAME })
  const randomId = (): bigint => randomBytes(8).readBigUInt64BE()
  const send = (message: KernelMessage): boolean => kernel.send(message)
  const asker = createAsker({ ourName: OUR_NAME, send, randomId })
  const runner = createComponentRunner()
  const print = ({ text }: { text: string }): void => void prints.push(text)
  const timer = createTimer({
    ourName: OUR_NAME,
    now: () => performance.now(),
    send,
    knows: (process) => kernel.knows(process),
    print: (verbosity, text) => print({ text: `${verbosity} ${text}` }),
  })
  const vfs = await createVfs({
    ourName: OUR_NAME,
    home,
    has: (process, capability) => kernel.has(process, capability),
    grant: (process, capabilities) => kernel.grant(process, capabilities),
    send,
  })
  const taking = (id: ProcessId, handle: (message: KernelMessage) => void | Promise<void>, isPublic: boolean) => ({
    id,
    public: isPublic,
    inbox: (delivery: Parameters<typeof asker.inbox>[0]) =>
      delivery.kind === 'message' ? handle(delivery.message) : undefined,
  })
  const kernel: KernelLoop = startKernel({
    ourName: OUR_NAME,
    modules: [
      { id: HTTP_SERVER_PROCESS, public: false, inbox: asker.inbox },
      createStateModule({ ourName: OUR_NAME, store, send, log }),
      taking(VFS_PROCESS, vfs.handle, false),
      taking(TIMER_PROCESS, timer.handle, true),
    ],
    // Nobody is out there.
    transmit: (message) => kernel.sendFailed({ kind: 'offline', message, reason: 'there is no network' }),
    now: () => performance.now(),
    randomId,
    sign: () => new Uint8Array(64),
    verify: () => false,
    print,
    store,
    runner,
    memoryMaxBytes: MEMORY_MAX_BYTES,
    shutDown: () => undefined,
  })
  await restoreDrives(home)
  const begun = await findIntent(home, log)
  const packages = bundle === undefined ? [] : readBundle(bundle)
  for (const each of packages) await installBundled(home, each)
  await kernel.boot({ packages, readComponent: (handle) => readComponent(home, handle) })

  const bundled = new Set(packages.map(({ id }) => formatPackageId(id)))
  function stepping<A extends readonly unknown[], R>(step: ChangeStep, act: (...args: A) => R): (...args: A) => R {
    return (...args) => {
      before(step)
      return act(...args)
    }
  }
  const kept = createIntents(home, log)
  const intents = { begin: stepping('begin', kept.begin), end: stepping('end', kept.end) }
  const changing = {
    ourName: OUR_NAME,
    asker: { ask: stepping('ask', asker.ask), tell: stepping('tell', asker.tell) },
    leftOut: kernel.leftOut,
    turn: createTurn(),
    intents,
  }
  const install = createInstaller({
    ...changing,
    checkComponent: (wasm, memoryMaxBytes = MEMORY_MAX_BYTES) => runner.prepare(wasm, { memoryMaxBytes }),
    stageDrive: stepping('stage', async (each) => {
      const staged = await stageDrive(home, each)
      return { ...staged, place: stepping('place', staged.place) }
    }),
  })
  const uninstall = createUninstaller({
    ...changing,
    isBundled: (id) => bundled.has(formatPackageId(id)),
    hasDrive: (id) => isInstalled(home, id),
    removeDrive: stepping('remove', (id) => removeInstalled(home, id)),
  })
  return {
    home,
    kernel,
    prints,
    logged: lines,
    finished: begun === undefined ? Promise.resolve() : finishChange({ install, uninstall, intents, log }, begun),
    line: (text) => runLine({ ourName: OUR_NAME, asker }, text),
    async ask(target, body, seconds = 20) {
      const outcome = await asker.ask({ target: addressOf(target), body: utf8ToBytes(body), seconds })
      if (outcome.kind === 'busy') return { error: 'busy' }
      if (outcome.kind === 'send-error') return { error: outcome.error.reason }
      const { body: said, metadata } = outcome.message.message
      return { text: Buffer.from(said).toString(), metadata }
    },
    tell: (target, body) => void asker.tell({ target: addressOf(target), body: utf8ToBytes(body) }),
    install,
    uninstall,
    async stop() {
      await kernel.stop()
      timer.stop()
      await runner.close()
      await store.close()
    },
  }
}

function addressOf(target: string) {
  return target.includes('@') ? parseAddress(target) : { node: OUR_NAME, process: parseProcessId(target) }
}
