import { describe, expect, test } from 'vitest'
import {
  type Action,
  allActions,
  has,
  holdersOf,
  isPresent,
  mayReach,
  type State,
  type Universe,
  visitAll,
} from './rights-model.ts'

/** Three processes, of which the second is public, and another node. */
const PLAIN = 0
const NETWORK = 1
const MESSAGING = 2
const OWNER = 0
const DEPUTY = 1
const THIRD = 2
const UNIVERSE: Universe = {
  publics: [false, true, false],
  capabilities: [
    { issuer: OWNER, kind: 'plain' },
    { issuer: 'kernel', kind: 'network' },
    { issuer: OWNER, kind: 'messaging' },
  ],
}

function actionsWithout(isOut: (action: Action) => boolean): readonly Action[] {
  return allActions(UNIVERSE).filter((action) => !isOut(action))
}

function isGrantOf(action: Action, capability: number): boolean {
  return action.kind === 'grant' && action.capability === capability
}

/** An action by which the owner hands a capability of its own to somebody. */
function isGiftOf(action: Action, capability: number): boolean {
  const { kind } = action
  const gives = kind === 'send' || kind === 'send-abroad'
  return gives && action.process === OWNER && action.capability === capability
}

function check(actions: readonly Action[], violation: (state: State) => string | undefined): number {
  return visitAll(UNIVERSE, actions, (state) => {
    const found = violation(state)
    if (found !== undefined) throw new Error(`${found}: ${JSON.stringify(state)}`)
  })
}

describe('in every state that three processes and two nodes can reach', () => {
  test('nobody forges: what the kernel never granted, nobody ever holds, here or abroad', () => {
    const actions = actionsWithout((action) => isGrantOf(action, NETWORK))
    const count = check(actions, (state) => {
      const exists = holdersOf(state, NETWORK).length > 0 || has(state.abroad, NETWORK)
      return exists ? 'the network was forged' : undefined
    })
    expect(count).toBeGreaterThan(100)
  })

  test('nobody forges: what its issuer never gave away and nobody granted, only the issuer holds', () => {
    const actions = actionsWithout((action) => isGrantOf(action, PLAIN) || isGiftOf(action, PLAIN))
    const count = check(actions, (state) => {
      const others = holdersOf(state, PLAIN).filter((process) => process !== OWNER)
      return others.length > 0 ? 'a capability was forged' : undefined
    })
    expect(count).toBeGreaterThan(10_000)
  })

  test('no deputy is confused: a public process gives nobody a way to a private one', () => {
    const actions = actionsWithout((action) => isGrantOf(action, MESSAGING) || isGiftOf(action, MESSAGING))
    const count = check(actions, (state) => {
      const reaches = [DEPUTY, THIRD].some((from) => mayReach(UNIVERSE, state, from, OWNER))
      return reaches ? 'a private process was reached' : undefined
    })
    expect(count).toBeGreaterThan(10_000)
  })

  test('revocation is final: while its issuer is gone, nobody gets a capability back, not even from abroad', () => {
    const actions = actionsWithout(
      (action) => action.kind === 'grant' && UNIVERSE.capabilities[action.capability]?.issuer === OWNER,
    )
    const count = check(actions, (state) => {
      if (isPresent(state, OWNER)) return undefined
      const left = [PLAIN, MESSAGING].some(
        (capability) => holdersOf(state, capability).length > 0 || state.delivered.some((set) => has(set, capability)),
      )
      return left ? 'a revoked capability is back' : undefined
    })
    expect(count).toBeGreaterThan(100_000)
  })

  test('these checks can fail: with a grant, the network exists', () => {
    const all = allActions(UNIVERSE)
    const violation = (state: State): string | undefined => (holdersOf(state, NETWORK).length > 0 ? 'held' : undefined)
    expect(() => check(all, violation)).toThrow('held')
  })
})
