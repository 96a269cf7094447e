import type { FunctionShape } from './shape-match.ts'

/**
 * What is left of a component once its wiring is worked out: core modules, and the order in which to instantiate them.
 * Plain data, so that it can be sent to another thread.
 */
export type Plan = {
  readonly instances: readonly PlannedInstance[]
  readonly init: { readonly function: CoreItem } & CanonOptions
}

export type PlannedInstance =
  | {
      readonly kind: 'module'
      /** Index of the core module. */
      readonly module: number
      /** For each name that the module imports from: which instance has it. */
      readonly arguments: readonly { readonly name: string; readonly instance: number }[]
    }
  | { readonly kind: 'exports'; readonly exports: readonly { readonly name: string; readonly item: CoreItem }[] }

/** Something that core modules import and export. */
export type CoreItem =
  | { readonly kind: 'export'; readonly instance: number; readonly name: string }
  | ({ readonly kind: 'host'; readonly interface: string; readonly function: string } & CanonOptions)
  /** A function of another component inside this one; its own options say where its values lie. */
  | ({
      readonly kind: 'call'
      readonly function: CoreItem
      readonly shape: FunctionShape
      readonly callee: CanonOptions
    } & CanonOptions)
  | { readonly kind: 'drop'; readonly resource: string }

/** Where the values of a call lie. */
export type CanonOptions = {
  readonly memory: CoreItem | undefined
  readonly realloc: CoreItem | undefined
  readonly postReturn: CoreItem | undefined
}
