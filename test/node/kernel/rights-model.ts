/**
 * The rules of rights (kernel.md sections 4 and 9) once more, written apart from the kernel and as small as they get:
 * who holds what as bit sets, and what each action does. Capabilities are numbered; a set of them is a number.
 */
export type Universe = {
  /** Whether each process is public. */
  readonly publics: readonly boolean[]
  readonly capabilities: readonly {
    /** A process of this node, its kernel, or a process of another node. */
    readonly issuer: number | 'kernel' | 'foreign'
    readonly kind: 'messaging' | 'network' | 'plain'
  }[]
}

export type State = {
  /** Bit per process. */
  readonly present: number
  /** Per process, a bit per capability. */
  readonly held: readonly number[]
  /** What came with messages and may be saved. */
  readonly delivered: readonly number[]
  /** What another node has with a genuine signature. */
  readonly abroad: number
}

export type Action =
  | { readonly kind: 'initialize'; readonly process: number }
  | { readonly kind: 'kill'; readonly process: number }
  | { readonly kind: 'grant'; readonly process: number; readonly capability: number }
  | { readonly kind: 'save'; readonly process: number; readonly capability: number }
  | { readonly kind: 'drop'; readonly process: number; readonly capability: number }
  /** To another process here, with a capability attached. */
  | { readonly kind: 'send'; readonly process: number; readonly target: number; readonly capability: number }
  | { readonly kind: 'send-abroad'; readonly process: number; readonly capability: number }
  /** From another node. One that is not genuine has a signature which our node did not make. */
  | { readonly kind: 'arrive'; readonly process: number; readonly capability: number; readonly genuine: boolean }

/** What can be seen of an action: whether its message reached anybody, and whether the capability came along. */
export type Outcome = { readonly state: State; readonly reached: boolean; readonly attached: boolean }

export function emptyState({ publics }: Universe): State {
  return { present: 0, held: publics.map(() => 0), delivered: publics.map(() => 0), abroad: 0 }
}

/** Whether the action can be taken at all: absent processes do nothing, and nobody has a signature that was never made. */
export function isEnabled(universe: Universe, state: State, action: Action): boolean {
  if (action.kind === 'initialize') return !isPresent(state, action.process)
  if (action.kind !== 'arrive') return isPresent(state, action.process)
  const foreign = universe.capabilities[action.capability]?.issuer === 'foreign'
  return !action.genuine || foreign || has(state.abroad, action.capability)
}

export function apply(universe: Universe, state: State, action: Action): Outcome {
  const { process } = action
  switch (action.kind) {
    case 'initialize': {
      const own = universe.capabilities.findIndex(({ issuer, kind }) => issuer === process && kind === 'messaging')
      const held = replace(state.held, process, own === -1 ? 0 : 1 << own)
      return seen({ ...state, present: state.present | (1 << process), held })
    }
    case 'kill': {
      const issued = issuedBy(universe, process)
      const without = (sets: readonly number[]): number[] =>
        sets.map((set, index) => (index === process ? 0 : set & ~issued))
      return seen({
        ...state,
        present: state.present & ~(1 << process),
        held: without(state.held),
        delivered: without(state.delivered),
      })
    }
    case 'grant':
      return seen({ ...state, held: add(state.held, process, action.capability) })
    case 'save': {
      const may =
        universe.capabilities[action.capability]?.issuer === process ||
        has(state.delivered[process] ?? 0, action.capability)
      return seen(may ? { ...state, held: add(state.held, process, action.capability) } : state)
    }
    case 'drop': {
      const left = (state.held[process] ?? 0) & ~(1 << action.capability)
      return seen({ ...state, held: replace(state.held, process, left) })
    }
    case 'send': {
      if (!mayReach(universe, state, process, action.target)) return { state, reached: false, attached: false }
      if (!mayAttach(universe, state, process, action.capability)) return { state, reached: true, attached: false }
      const delivered = add(state.delivered, action.target, action.capability)
      return { state: { ...state, delivered }, reached: true, attached: true }
    }
    case 'send-abroad': {
      if (!holdsNetwork(universe, state, process)) return { state, reached: false, attached: false }
      if (!mayAttach(universe, state, process, action.capability)) return { state, reached: true, attached: false }
      const foreign = universe.capabilities[action.capability]?.issuer === 'foreign'
      const abroad = foreign ? state.abroad : state.abroad | (1 << action.capability)
      return { state: { ...state, abroad }, reached: true, attached: true }
    }
    case 'arrive': {
      if (!isPresent(state, process) || !holdsNetwork(universe, state, process)) {
        return { state, reached: false, attached: false }
      }
      const issuer = universe.capabilities[action.capability]?.issuer
      const stands = issuer === 'foreign' || (action.genuine && (issuer === 'kernel' || isPresent(state, issuer ?? -1)))
      if (!stands) return { state, reached: true, attached: false }
      return {
        state: { ...state, delivered: add(state.delivered, process, action.capability) },
        reached: true,
        attached: true,
      }
    }
  }
}

export function holdersOf(state: State, capability: number): number[] {
  return state.held.flatMap((set, process) => (has(set, capability) ? [process] : []))
}

export function mayReach(universe: Universe, state: State, from: number, to: number): boolean {
  if (!isPresent(state, to)) return false
  const messaging = universe.capabilities.findIndex(({ issuer, kind }) => issuer === to && kind === 'messaging')
  return universe.publics[to] === true || has(state.held[from] ?? 0, messaging)
}

export function isPresent(state: State, process: number): boolean {
  return process >= 0 && (state.present & (1 << process)) !== 0
}

export function has(set: number, capability: number): boolean {
  return capability >= 0 && (set & (1 << capability)) !== 0
}

/** Every action there is in this universe. */
export function allActions({ publics, capabilities }: Universe): readonly Action[] {
  const actions: Action[] = []
  for (const process of publics.keys()) {
    actions.push({ kind: 'initialize', process }, { kind: 'kill', process })
    for (const capability of capabilities.keys()) {
      actions.push(
        { kind: 'grant', process, capability },
        { kind: 'save', process, capability },
        { kind: 'drop', process, capability },
        { kind: 'send-abroad', process, capability },
        { kind: 'arrive', process, capability, genuine: true },
        { kind: 'arrive', process, capability, genuine: false },
      )
      for (const target of publics.keys()) actions.push({ kind: 'send', process, target, capability })
    }
  }
  return actions
}

/**
 * Visits every state that these actions can lead to, and returns how many there are. A state is one number: present,
 * abroad, and the two sets of each process.
 */
export function visitAll(universe: Universe, actions: readonly Action[], visit: (state: State) => void): number {
  const processes = universe.publics.length
  const width = universe.capabilities.length
  const bits = processes + width + 2 * processes * width
  if (bits > 26) throw new RangeError(`a state would take ${bits} bits, expected at most 26`)
  const known = new Uint8Array(2 ** bits)
  const encode = (state: State): number => {
    let code = state.present | (state.abroad << processes)
    let shift = processes + width
    for (const set of [...state.held, ...state.delivered]) {
      code |= set << shift
      shift += width
    }
    return code
  }
  const decode = (code: number): State => {
    const take = (shift: number, size: number): number => (code >>> shift) & ((1 << size) - 1)
    const sets = Array.from({ length: 2 * processes }, (_, index) => take(processes + width + index * width, width))
    return {
      present: take(0, processes),
      abroad: take(processes, width),
      held: sets.slice(0, processes),
      delivered: sets.slice(processes),
    }
  }
  const waiting = [encode(emptyState(universe))]
  known[waiting[0] ?? 0] = 1
  let count = 0
  for (let code = waiting.pop(); code !== undefined; code = waiting.pop()) {
    const state = decode(code)
    count += 1
    visit(state)
    for (const action of actions) {
      if (!isEnabled(universe, state, action)) continue
      const next = encode(apply(universe, state, action).state)
      if (known[next] === 1) continue
      known[next] = 1
      waiting.push(next)
    }
  }
  return count
}

function seen(state: State): Outcome {
  return { state, reached: true, attached: false }
}

function mayAttach(universe: Universe, state: State, process: number, capability: number): boolean {
  return has(state.held[process] ?? 0, capability) || universe.capabilities[capability]?.issuer === process
}

function holdsNetwork(universe: Universe, state: State, process: number): boolean {
  const network = universe.capabilities.findIndex(({ kind }) => kind === 'network')
  return has(state.held[process] ?? 0, network)
}

function issuedBy(universe: Universe, process: number): number {
  let set = 0
  for (const [index, { issuer }] of universe.capabilities.entries()) if (issuer === process) set |= 1 << index
  return set
}

function add(sets: readonly number[], process: number, capability: number): readonly number[] {
  return replace(sets, process, (sets[process] ?? 0) | (1 << capability))
}

function replace(sets: readonly number[], process: number, set: number): readonly number[] {
  return sets.map((each, index) => (index === process ? set : each))
}
