import { randomBytes } from 'node:crypto'
import {
  formatPackageId,
  hexToBytes,
  HTTP_CLIENT_PROCESS,
  HTTP_SERVER_PROCESS,
  type KernelMessage,
  NET_PROCESS,
  type NodeIdentity,
  parseProcessId,
  type ProcessId,
  TIMER_PROCESS,
  utf8ToBytes,
  VFS_PROCESS,
} from '@hyperware/protocol'
import type { Log } from './kernel/log.ts'
import { type KernelLoop, type ModuleInbox, startKernel } from './kernel/loop.ts'
import type { OpenKeyFile } from './keys/key-file.ts'
import { createHttpClient } from './modules/http-client/http-client.ts'
import { type Asker, createAsker } from './modules/http-server/asker.ts'
import { createGreeter, type Greeter } from './modules/http-server/greeting.ts'
import { createServing } from './modules/http-server/serving.ts'
import type { Served } from './modules/http-server/http-server.ts'
import type { Identities } from './modules/identities/identities.ts'
import { nodeCrypto } from './modules/net/crypto-node.ts'
import { listenHostOf } from './modules/net/dial-plan.ts'
import { createNet } from './modules/net/net.ts'
import type { Net } from './modules/net/types.ts'
import { finishChange } from './modules/packages/finish-change.ts'
import { createInstaller, type Installer } from './modules/packages/installer.ts'
import { createIntents, type Intent } from './modules/packages/intent.ts'
import { createTurn } from './modules/packages/turn.ts'
import { createUninstaller, type Uninstaller } from './modules/packages/uninstaller.ts'
import { createStateModule } from './modules/state/state.ts'
import type { StateStore } from './modules/state/store.ts'
import { createTimer } from './modules/timer/timer.ts'
import { isInstalled, removeInstalled, stageDrive } from './modules/vfs/package-drive.ts'
import { createVfs } from './modules/vfs/vfs.ts'
import type { NodeOptions } from './options.ts'
import { type Console, openConsole } from './terminal/console.ts'
import { formatMessage } from './terminal/message-text.ts'
import { createTerminal, type Terminal } from './terminal/terminal.ts'
import { createComponentRunner, MEMORY_MAX_BYTES } from './wasm/runner.ts'

/** Where somebody types and reads; a node without them keeps its lines in log files only. */
export type ConsoleStreams = { readonly input: NodeJS.ReadStream; readonly output: NodeJS.WriteStream }

/** What the parts are made of. */
export type PartsInput = {
  readonly self: NodeIdentity
  readonly keys: OpenKeyFile
  readonly identities: Identities
  readonly store: StateStore
  /** The ids of the packages that come with the node. */
  readonly bundled: ReadonlySet<string>
}

/** The running parts of a node that need one another. */
export type Parts = {
  readonly kernel: KernelLoop
  readonly net: Net
  readonly asker: Asker
  readonly greeter: Greeter
  /** The paths that processes bound. */
  readonly served: Served
  readonly install: Installer
  /** The node has booted: lines that were typed meanwhile are run, and later ones at once. */
  readonly acceptLines: () => void
  readonly uninstall: Uninstaller
  /** Goes on with a change of packages that a node which was killed had begun, before anything else changes them. */
  readonly finish: (begun: Intent) => Promise<void>
  /** Ends what is left when kernel and net have stopped. */
  readonly close: () => Promise<void>
}

type PartsDeps = {
  readonly log: Log
  readonly now: () => number
  readonly console?: ConsoleStreams | undefined
  /** The whole node is to end. */
  readonly shutDown: () => void
}

const TERMINAL_PROCESS = parseProcessId('terminal:terminal:sys')

/** Kernel, modules and terminal each need others; the kernel is spoken to only after all of them are made. */
export async function connectParts(deps: PartsDeps, options: NodeOptions, parts: PartsInput): Promise<Parts> {
  const { log, now } = deps
  const { self, keys, identities, store } = parts
  const netKey = hexToBytes(self.netKey)
  const randomId = createRandomIds()
  const send = (message: KernelMessage): boolean => kernel.send(message)

  const screen = openScreen(deps, options, {
    submit: (line) => void send(typedLine(self.name, line)),
    quit: () => deps.shutDown(),
  })
  const { terminal } = screen
  const printAs = (source: ProcessId) => (verbosity: number, text: string, subject?: string) =>
    terminal.print({ verbosity, source, text, subject })
  const net = connectNet(deps, options, parts, { kernel: () => kernel, terminal })
  const asker = createAsker({ ourName: self.name, send, randomId })
  const greeter = createGreeter({
    ourName: self.name,
    asker,
    knows: (node) => identities.table.find(node) !== undefined,
    now,
  })
  const vfs = await createVfs({
    ourName: self.name,
    home: options.home,
    has: (process, capability) => kernel.has(process, capability),
    grant: (process, capabilities) => kernel.grant(process, capabilities),
    send,
  })
  const timer = createTimer({
    ourName: self.name,
    now: () => performance.now(),
    send,
    knows: (process) => kernel.knows(process),
    print: printAs(TIMER_PROCESS),
  })
  const http = {
    ourName: self.name,
    send,
    randomId,
    knows: (process: ProcessId) => kernel.knows(process),
  }
  const serving = createServing({
    ...http,
    jwtSecret: keys.jwtSecret,
    now,
    print: printAs(HTTP_SERVER_PROCESS),
  })
  const httpClient = createHttpClient({
    ...http,
    print: printAs(HTTP_CLIENT_PROCESS),
  })
  const runner = createComponentRunner({ memoryBoundBytes: options.processMemoryBytes })
  const modules: readonly ModuleInbox[] = [
    {
      id: HTTP_SERVER_PROCESS,
      public: false,
      inbox(delivery) {
        asker.inbox(delivery)
        serving.inbox(delivery)
      },
    },
    requestsOf(HTTP_CLIENT_PROCESS, { public: false, handle: httpClient.handle }),
    createStateModule({ ourName: self.name, store, send, log }),
    requestsOf(VFS_PROCESS, { public: false, handle: vfs.handle }),
    requestsOf(TIMER_PROCESS, { public: true, handle: timer.handle }),
    requestsOf(NET_PROCESS, {
      public: false,
      // Net answers other nodes itself, before the kernel; what arrives here is of this node.
      handle: (message) => (message.source.node === self.name ? net.handleLocal(message) : undefined),
    }),
  ]
  const kernel: KernelLoop = startKernel({
    ourName: self.name,
    modules,
    transmit: (message) => net.send(message),
    // Deadlines do not follow a clock that somebody sets.
    now: () => performance.now(),
    randomId,
    sign: (bytes) => nodeCrypto.sign(keys.netKeySeed, bytes),
    verify: (bytes, signature) => nodeCrypto.verify(netKey, bytes, signature),
    print: terminal.print,
    store,
    runner,
    memoryMaxBytes: MEMORY_MAX_BYTES,
    shutDown: () => deps.shutDown(),
  })
  kernel.observe((message) => {
    if (terminal.wantsMessages())
      terminal.print({ verbosity: 3, source: message.source.process, text: formatMessage(message) })
  })
  const packages = {
    ourName: self.name,
    asker,
    leftOut: kernel.leftOut,
    turn: createTurn(),
    intents: createIntents(options.home, log),
  }
  const install = createInstaller({
    ...packages,
    checkComponent: (wasm, memoryMaxBytes = MEMORY_MAX_BYTES) => runner.prepare(wasm, { memoryMaxBytes }),
    stageDrive: (each) => stageDrive(options.home, each),
  })
  const uninstall = createUninstaller({
    ...packages,
    isBundled: (id) => parts.bundled.has(formatPackageId(id)),
    hasDrive: (id) => isInstalled(options.home, id),
    removeDrive: (id) => removeInstalled(options.home, id),
  })
  return {
    kernel,
    net,
    asker,
    greeter,
    served: serving,
    install,
    uninstall,
    finish: (begun) => finishChange({ install, uninstall, intents: packages.intents, log }, begun),
    acceptLines: screen.acceptLines,
    async close() {
      timer.stop()
      httpClient.stop()
      serving.sockets.stop()
      await runner.close()
      await screen.close()
    },
  }
}

/** Ids of 64 random bits. They are drawn many at a time, since each draw costs more than the rest of a message. */
function createRandomIds(): () => bigint {
  let drawn = randomBytes(0)
  let at = 0
  return () => {
    if (at === drawn.length) {
      drawn = randomBytes(4_096)
      at = 0
    }
    at += 8
    return drawn.readBigUInt64BE(at - 8)
  }
}

/** A module that takes requests and responses, and is told of no errors. */
function requestsOf(
  id: ModuleInbox['id'],
  { public: isPublic, handle }: { public: boolean; handle: (message: KernelMessage) => void | Promise<void> },
): ModuleInbox {
  return {
    id,
    public: isPublic,
    inbox: (delivery) => (delivery.kind === 'message' ? handle(delivery.message) : undefined),
  }
}

function connectNet(
  { log, now }: PartsDeps,
  { maxPassthroughs }: NodeOptions,
  { self, keys, identities }: PartsInput,
  { kernel, terminal }: { kernel: () => KernelLoop; terminal: Terminal },
): Net {
  return createNet({
    self: { name: self.name, netKeySeed: keys.netKeySeed, netKey: self.netKey, routing: self.routing },
    identities: identities.table,
    log,
    now,
    elapsed: () => performance.now(),
    random: (size) => new Uint8Array(randomBytes(size)),
    // What net answers to this node itself comes from this node.
    deliver: (message) => void (message.source.node === self.name ? kernel().send(message) : kernel().receive(message)),
    greeted: (peer, text) =>
      terminal.print({
        verbosity: 0,
        source: NET_PROCESS,
        text: `${GREETING_STYLE}${peer}: ${text}${PLAIN_STYLE}`,
        subject: `a greeting of ${peer}`,
      }),
    sendFailed: (failure) => {
      // The kernel knows the two errors of the WIT: a message that could not leave never reached the other node.
      kernel().sendFailed({
        kind: failure.kind === 'timeout' ? 'timeout' : 'offline',
        message: failure.message,
        reason: failure.reason,
      })
    },
    maxPassthroughs,
    ...(self.routing.kind === 'direct' ? { listenHost: listenHostOf(self.routing.ip) } : {}),
  })
}

/** Italic green, as live nodes show a greeting. */
const GREETING_STYLE = '\u001b[3;32m'
const PLAIN_STYLE = '\u001b[0m'

/** The terminal, and the console when somebody may type. */
function openScreen(
  { log, console }: PartsDeps,
  options: NodeOptions,
  act: { submit: (line: string) => void; quit: () => void },
): { readonly terminal: Terminal; readonly acceptLines: () => void; readonly close: () => Promise<void> } {
  let opened: Console | undefined
  const terminal = createTerminal(
    {
      home: options.home,
      show: (line) => opened?.show(line),
      logFailed: (error) => log.error('terminal-log-failed', { error }),
    },
    {
      verbosity: { level: options.verbosity, overrides: options.processVerbosity },
      logging: options.logging,
      logFiles: { maxBytes: options.maxLogBytes, files: options.logFiles },
      colours: console?.output.isTTY === true,
    },
  )
  if (console !== undefined) opened = openConsole({ home: options.home, terminal: () => terminal, ...act }, console)
  return {
    terminal,
    acceptLines: () => opened?.accept(),
    async close() {
      await opened?.close()
      await terminal.flush()
    },
  }
}

/** A line that was typed, as live nodes hand it on: raw text from the terminal to itself (modules.md section 12). */
function typedLine(ourName: string, line: string): KernelMessage {
  const terminal = { node: ourName, process: TERMINAL_PROCESS }
  return {
    id: randomBytes(8).readBigUInt64BE(),
    source: terminal,
    target: terminal,
    rsvp: undefined,
    message: {
      kind: 'request',
      inherit: false,
      expectsResponse: undefined,
      body: utf8ToBytes(line),
      metadata: undefined,
      capabilities: [],
    },
    blob: undefined,
  }
}
