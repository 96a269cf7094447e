import { unreachable, type VfsAction } from '@hyperware/protocol'

/** How a request uses a place: along with others, alone, or alone together with all that lies below it. */
export type Use = 'shared' | 'alone' | 'tree'

export type Claim = { readonly place: string; readonly use: Use }

/** A request's turn: `before` resolves when it may begin, undefined when it may at once. It must be ended, whatever happens. */
export type ClaimTurn = { readonly before: Promise<unknown> | undefined; readonly end: () => void }

/**
 * Who may use which place now. A request takes all its places at one moment and waits for those that took before it and
 * are in its way, so nobody waits for somebody who came later, and no two for each other. What is kept is what is under
 * way: one entry for each process that waits for an answer.
 */
export class Claims {
  readonly #taken = new Set<{ readonly claims: readonly Claim[]; readonly ended: Promise<void> }>()

  take(claims: readonly Claim[]): ClaimTurn {
    const inTheWay = [...this.#taken].filter((earlier) => doConflict(earlier.claims, claims))
    const { promise: ended, resolve } = Promise.withResolvers<void>()
    const taken = { claims, ended }
    this.#taken.add(taken)
    return {
      before: inTheWay.length === 0 ? undefined : Promise.all(inTheWay.map((earlier) => earlier.ended)),
      end: () => {
        this.#taken.delete(taken)
        resolve()
      },
    }
  }
}

function doConflict(some: readonly Claim[], others: readonly Claim[]): boolean {
  return some.some((one) => others.some((other) => areInConflict(one, other)))
}

function areInConflict(one: Claim, other: Claim): boolean {
  if (one.place === other.place) return one.use !== 'shared' || other.use !== 'shared'
  return (one.use === 'tree' && isBelow(one.place, other)) || (other.use === 'tree' && isBelow(other.place, one))
}

function isBelow(folder: string, { place }: Claim): boolean {
  return place.startsWith(`${folder}/`)
}

/** What an action claims: `place`, where its path truly lies, and `target`, where its second path does. */
export function claimsOf(action: VfsAction, place: string, target: string | undefined): readonly Claim[] {
  const use = useOf(action)
  if (target === undefined) return [{ place, use }]
  return [
    { place, use },
    { place: target, use: action.kind === 'Rename' ? 'tree' : 'alone' },
  ]
}

function useOf({ kind }: VfsAction): Use {
  switch (kind) {
    case 'Read':
    case 'ReadDir':
    case 'Metadata':
    case 'Len':
    case 'SyncAll':
    case 'CopyFile':
      return 'shared'
    // Reading on moves the cursor, which all processes share.
    case 'ReadToEnd':
    case 'ReadExact':
    case 'ReadToString':
    case 'Seek':
    case 'Hash':
    case 'CreateFile':
    case 'OpenFile':
    case 'CloseFile':
    case 'Write':
    case 'WriteAll':
    case 'Append':
    case 'SetLen':
    case 'RemoveFile':
    case 'CreateDrive':
    case 'CreateDir':
    case 'CreateDirAll':
      return 'alone'
    case 'RemoveDir':
    case 'RemoveDirAll':
    case 'Rename':
    case 'AddZip':
      return 'tree'
    default:
      return unreachable(kind)
  }
}
