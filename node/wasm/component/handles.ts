import { HostTrap } from './shape.ts'

/** What one guest may hold at a time. */
const HANDLES_MAX = 10_000

/** The objects of the host that a guest holds, each behind a number. Handles of all resources share one table. */
export class Handles {
  private readonly entries: ({ readonly resource: string; readonly object: object } | undefined)[] = [undefined]
  private readonly free: number[] = []

  add(resource: string, object: object): number {
    const handle = this.free.pop() ?? this.entries.length
    if (handle > HANDLES_MAX) throw new HostTrap(`the guest holds ${HANDLES_MAX} handles, expected fewer`)
    this.entries[handle] = { resource, object }
    return handle
  }

  get(resource: string, handle: number): object {
    const entry = this.entries[handle >>> 0]
    if (entry?.resource !== resource) {
      const found = entry === undefined ? 'nothing' : entry.resource
      throw new HostTrap(`the guest's handle ${handle >>> 0} is ${found}, expected ${resource}`)
    }
    return entry.object
  }

  take(resource: string, handle: number): object {
    const object = this.get(resource, handle)
    this.entries[handle >>> 0] = undefined
    this.free.push(handle >>> 0)
    return object
  }
}
