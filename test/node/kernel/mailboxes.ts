import { parseAddress } from '@hyperware/protocol'
import type { KernelMessage } from '@hyperware/protocol'
import { PAID_MAX } from '../../../node/kernel/limits.ts'
import { OUR_NAME, type TestKernel } from './kernel-fixture.ts'

export const A = 'a:test:alice.os'
export const B = 'b:test:alice.os'
export const C = 'c:test:alice.os'
export const PUBLIC = { public: true } as const
export const STUCK_SECONDS = 7
/** What one package may have waiting at a process, as long as no other has. */
export const PACKAGE_MESSAGES = PAID_MAX.messages / 2

/** A process that never receives. */
export const deaf = (): Promise<void> => new Promise(() => undefined)

export async function inboxOf({ kernel }: TestKernel, id: string): Promise<number> {
  return (await kernel.diagnostics()).find((process) => process.id === id)?.inbox.messages ?? -1
}

export function remoteRequest(target: string, size = 0, node = 'bob.os'): KernelMessage {
  return {
    id: 1n,
    source: parseAddress(`${node}@x:test:bob.os`),
    target: parseAddress(`our@${target}`),
    rsvp: undefined,
    message: {
      kind: 'request',
      inherit: false,
      expectsResponse: undefined,
      body: new Uint8Array(size),
      metadata: undefined,
      capabilities: [],
    },
    blob: undefined,
  }
}

export const network = { issuer: parseAddress(`${OUR_NAME}@kernel:distro:sys`), params: '"network"' }
