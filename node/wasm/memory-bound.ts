import { totalmem } from 'node:os'
import { constrainedMemory } from 'node:process'
import { formatPackageId, type ProcessId } from '@hyperware/protocol'
import { type Holding, inTurn, sizesOfPackages, whoGoes } from './who-goes.ts'

const MEBIBYTE = 1_024 * 1_024

/** What a node's processes may hold at most unless it is told otherwise: more is for a machine that does nothing else. */
export const BOUND_DEFAULT_MAX_BYTES = 8 * 1_024 * MEBIBYTE

/** Half of what this machine, or its container, has: the node and the threads of the processes need some beside. */
export function defaultBoundBytes(): number {
  const constrained = constrainedMemory()
  const machine = constrained > 0 ? Math.min(totalmem(), constrained) : totalmem()
  return Math.min(Math.floor(machine / 2), BOUND_DEFAULT_MAX_BYTES)
}

/** A process that takes memory. */
export type Tenant = {
  /**
   * Asks that the process may hold so many bytes in all; `granted` is called at once, or when there is room. A process
   * that is ended meanwhile hears nothing.
   */
  readonly hold: (bytes: number, granted: () => void) => void
  /** The process has ended; what it held is free when `gone` settles. */
  readonly leave: (gone: Promise<unknown>) => void
}

export type MemoryBound = {
  /** `end` ends the process for this reason, and has it leave; never called from `enter` or `hold`. */
  readonly enter: (process: { readonly id: ProcessId; readonly end: (reason: string) => void }) => Tenant
}

type Seat = Holding & {
  heldBytes: number
  wantedBytes: number
  granted: () => void
  readonly end: (reason: string) => void
}

/**
 * Keeps the linear memories of all processes together within `boundBytes`. They ask before they grow; who gets none waits,
 * and meanwhile the largest process of the largest package ends (`who-goes.ts`), one after the other until there is room.
 * What comes free goes to those that wait in their turn, and to nobody past them.
 */
export function createMemoryBound(boundBytes: number): MemoryBound {
  const seats = new Set<Seat>()
  /** In the order in which they asked. */
  const waiting = new Set<Seat>()
  /** Ended, and their memory not given back yet. */
  let leaving = 0
  let heldBytes = 0
  let making = false

  function grant(seat: Seat): boolean {
    if (heldBytes + seat.wantedBytes > boundBytes) return false
    const { granted } = seat
    heldBytes += seat.wantedBytes
    seat.heldBytes += seat.wantedBytes
    seat.wantedBytes = 0
    waiting.delete(seat)
    granted()
    return true
  }

  /** Not in the call that asks: whoever ends a process may be in the middle of starting it. */
  function makeRoomSoon(): void {
    if (making) return
    making = true
    queueMicrotask(() => {
      making = false
      makeRoom()
    })
  }

  function makeRoom(): void {
    if (waiting.size === 0) return
    const sizes = sizesOfPackages(seats)
    if (inTurn(waiting, sizes).every(grant) || leaving > 0) return
    const goer = whoGoes(seats, sizes)
    goer?.end(reasonFor(goer, sizes.get(goer.package) ?? 0))
  }

  function reasonFor({ package: name, heldBytes: held, wantedBytes }: Seat, packageBytes: number): string {
    return (
      `the processes of this node have ${inMiB(heldBytes)} of the ${inMiB(boundBytes)} of memory that they may have ` +
      `together, and need more; ${name} has and wants most, ${inMiB(packageBytes)}, ` +
      `and this process most of that, ${inMiB(held + wantedBytes)}`
    )
  }

  return {
    enter({ id, end }) {
      const seat: Seat = { package: formatPackageId(id), heldBytes: 0, wantedBytes: 0, granted: () => undefined, end }
      seats.add(seat)
      return {
        hold(bytes, granted) {
          seat.wantedBytes = bytes - seat.heldBytes
          seat.granted = granted
          if (waiting.size === 0 && grant(seat)) return
          waiting.add(seat)
          makeRoomSoon()
        },
        leave(gone) {
          if (!seats.delete(seat)) return
          waiting.delete(seat)
          leaving += 1
          const left = (): void => {
            leaving -= 1
            heldBytes -= seat.heldBytes
            makeRoom()
          }
          gone.then(left, left)
        },
      }
    },
  }
}

function inMiB(bytes: number): string {
  return `${Math.ceil(bytes / MEBIBYTE).toLocaleString('en')} MiB`
}
