import type { KernelMessage, ProcessId } from '@hyperware/protocol'
import type { Delivery } from '../../kernel/loop.ts'
import { createAppAccess } from './app-access.ts'
import { type AppSockets, createAppSockets } from './app-sockets.ts'
import { type Apps, createApps } from './apps.ts'
import { createAsker } from './asker.ts'
import { createBindingActions } from './binding-actions.ts'
import { createBindingTable, type PathBinding, type SocketBinding } from './bindings.ts'

export type ServingDeps = {
  readonly ourName: string
  readonly jwtSecret: Uint8Array
  readonly now: () => number
  readonly send: (message: KernelMessage) => boolean
  readonly randomId: () => bigint
  /** Whether there still is such a process. */
  readonly knows: (process: ProcessId) => boolean
  readonly print: (verbosity: number, text: string, subject?: string) => void
}

/** The part of the http-server that processes use. Its requests wait apart from those of the node's own pages. */
export type Serving = {
  readonly apps: Apps
  readonly sockets: AppSockets
  readonly inbox: (delivery: Delivery) => void
}

export function createServing(deps: ServingDeps): Serving {
  const { ourName, send, randomId, knows, print } = deps
  const origins = new Map<string, string>()
  const paths = createBindingTable<PathBinding>({ origins, knows })
  const socketPaths = createBindingTable<SocketBinding>({ origins, knows })
  const access = createAppAccess({ node: ourName, jwtSecret: deps.jwtSecret, now: deps.now })
  const asker = createAsker({ ourName, send, randomId })
  const sockets = createAppSockets({ node: ourName, bindings: socketPaths, access, send, knows, randomId })
  const act = createBindingActions({ ourName, paths, sockets: socketPaths, channels: sockets, send, print })
  return {
    apps: createApps({ node: ourName, bindings: paths, access, asker }),
    sockets,
    inbox(delivery) {
      asker.inbox(delivery)
      if (delivery.kind === 'message') act(delivery.message)
    },
  }
}
