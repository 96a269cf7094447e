import type { Step } from './scenario-form.ts'

/** The steps that make a process call something: what they say is what it says, or what is expected of the answer. */
const TELLING = [
  'send',
  'sendAll',
  'respond',
  'await',
  'setState',
  'clearState',
  'save',
  'drop',
  'setOnExit',
  'spawn',
  'exit',
] as const
const ASKING = ['receive', 'getState', 'capabilities', 'getOnExit'] as const

type Telling = (typeof TELLING)[number]
type Asking = (typeof ASKING)[number]

/** One call of a process: a step of the case without its expectation, which is not the process's business. */
export type GuestCall = {
  [K in Telling | Asking]: { readonly [N in K]: K extends Asking ? true : NonNullable<Step[K]> }
}[Telling | Asking]

/** The calls that one instance makes, in order. When it has made them all, it receives. */
export type Script = readonly GuestCall[]

/** What an instance does that takes part in these steps, all of its process, until it ends. */
export function scriptOf(steps: readonly Step[]): Script {
  const script: GuestCall[] = []
  let open: string | undefined
  for (const step of steps) {
    const call = callOf(step)
    // A receive that got nothing is still open.
    const goesOn = open === 'receive' && step.receive !== undefined
    if (call !== undefined && open !== undefined && !goesOn) {
      throw new Error(`${JSON.stringify(step)}: this process still waits for what its ${open} gives`)
    }
    if (call !== undefined && !goesOn) script.push(call)
    if (step.exit !== undefined || isTrap(step)) break
    open = openAfter(step) ?? (answers(step) ? undefined : open)
  }
  return script
}

function callOf(step: Step): GuestCall | undefined {
  const calls = [...TELLING, ...ASKING].filter((name) => step[name] !== undefined)
  const [name] = calls
  if (calls.length > 1) throw new Error(`${JSON.stringify(step)}: expected one call in a step`)
  if (name === undefined) return undefined
  const isAsking = (ASKING as readonly string[]).includes(name)
  return { [name]: isAsking ? true : step[name] } as GuestCall
}

/** The call of this step that may get its answer in a later one. */
function openAfter(step: Step): string | undefined {
  if (step.await !== undefined) return 'await'
  if (step.spawn !== undefined) return 'spawn'
  return step.receive === 'nothing' ? 'receive' : undefined
}

function answers({ receive, awaited, spawned }: Step): boolean {
  return [receive, awaited, spawned].some((given) => given !== undefined && given !== 'nothing')
}

export function isTrap({ awaited }: Step): boolean {
  return typeof awaited === 'object' && 'trap' in awaited
}
