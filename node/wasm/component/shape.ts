import { HyperwareError } from '@hyperware/protocol'

/** A WIT type as data: what the canonical ABI needs to know to move a value in or out of a guest's memory. */
export type ShapeNode =
  | { readonly kind: Primitive }
  | { readonly kind: 'list'; readonly element: ShapeNode }
  | { readonly kind: 'record'; readonly fields: readonly Field[] }
  | { readonly kind: 'tuple'; readonly items: readonly ShapeNode[] }
  | { readonly kind: 'variant'; readonly cases: readonly Case[] }
  | { readonly kind: 'enum'; readonly names: readonly string[] }
  | { readonly kind: 'option'; readonly some: ShapeNode }
  | { readonly kind: 'result'; readonly ok: ShapeNode | undefined; readonly error: ShapeNode | undefined }
  | { readonly kind: 'flags'; readonly names: readonly string[] }
  | { readonly kind: 'own' | 'borrow'; readonly resource: string }
  | {
      readonly kind: 'mapped'
      readonly inner: ShapeNode
      readonly lift: Mapping | undefined
      readonly lower: Mapping | undefined
    }

type Mapping = (value: unknown) => unknown

export type Primitive = (typeof PRIMITIVES)[number]
/** In the order of their codes in the binary format, from 0x7f down. */
export const PRIMITIVES = [
  'bool',
  's8',
  'u8',
  's16',
  'u16',
  's32',
  'u32',
  's64',
  'u64',
  'f32',
  'f64',
  'char',
  'string',
] as const

/** A field as WIT names it, and the key of the object that holds it here. */
export type Field = { readonly name: string; readonly key: string; readonly shape: ShapeNode }
export type Case = { readonly name: string; readonly shape: ShapeNode | undefined }

declare const valueOf: unique symbol

/** A `ShapeNode` whose values have the type `T` in TypeScript. */
export type Shape<T> = ShapeNode & { readonly [valueOf]?: (value: T) => T }
export type AnyShape = ShapeNode & { readonly [valueOf]?: unknown }
export type ValueOf<S> = S extends { readonly [valueOf]?: (value: infer T) => unknown } ? T : never

export const bool: Shape<boolean> = { kind: 'bool' }
export const u8: Shape<number> = { kind: 'u8' }
export const u16: Shape<number> = { kind: 'u16' }
export const u32: Shape<number> = { kind: 'u32' }
export const u64: Shape<bigint> = { kind: 'u64' }
export const string: Shape<string> = { kind: 'string' }

/** `list<u8>`: always a copy, never a view of the guest's memory. */
export const bytes: Shape<Uint8Array> = { kind: 'list', element: u8 }

export function list<T>(element: Shape<T>): Shape<readonly T[]> {
  return { kind: 'list', element }
}

export function option<T>(some: Shape<T>): Shape<T | undefined> {
  return { kind: 'option', some }
}

/** Keys are the WIT names in camel case, except where `names` gives the WIT name of a key. */
export function record<F extends Record<string, AnyShape>>(
  fields: F,
  names: { readonly [K in keyof F]?: string } = {},
): Shape<{ readonly [K in keyof F]: ValueOf<F[K]> }> {
  const list = Object.entries(fields).map(([key, shape]) => ({ name: names[key] ?? kebab(key), key, shape }))
  return { kind: 'record', fields: list }
}

export function tuple<const I extends readonly AnyShape[]>(
  ...items: I
): Shape<{ readonly [K in keyof I]: ValueOf<I[K]> }> {
  return { kind: 'tuple', items }
}

type CaseValue<K, S> = S extends undefined
  ? { readonly kind: K }
  : { readonly kind: K; readonly value: ValueOf<S & AnyShape> }

/** Cases without a payload are `undefined`. Values are `{ kind }` or `{ kind, value }`. */
export function variant<C extends Record<string, AnyShape | undefined>>(
  cases: C,
): Shape<{ [K in keyof C]: CaseValue<K, C[K]> }[keyof C]> {
  return { kind: 'variant', cases: Object.entries(cases).map(([name, shape]) => ({ name, shape })) }
}

export function oneOf<const N extends readonly string[]>(...names: N): Shape<N[number]> {
  return { kind: 'enum', names }
}

export type Result<T, E> = { readonly ok: T } | { readonly error: E }

/** `nothing` stands for `_`: the value is then `undefined`. */
export function result<T, E>(ok: Shape<T> | undefined, error: Shape<E> | undefined): Shape<Result<T, E>> {
  return { kind: 'result', ok, error }
}

/** A handle that passes to whoever receives it. In TypeScript it is the object behind the handle. */
export function own<T extends object>(resource: string): Shape<T> {
  return { kind: 'own', resource }
}

/** A handle lent for one call. */
export function borrow<T extends object>(resource: string): Shape<T> {
  return { kind: 'borrow', resource }
}

/** Values of `inner`, in the form that the rest of the node uses. A value that only goes one way needs one function. */
export function mapped<A, B>(
  inner: Shape<A>,
  map: { readonly lift?: (value: A) => B; readonly lower?: (value: B) => A },
): Shape<B> {
  return { kind: 'mapped', inner, lift: map.lift as Mapping, lower: map.lower as Mapping }
}

/** A function that a host `H` offers to guests: its type, and what it does. */
export type HostFunction<H> = {
  readonly params: readonly Field[]
  readonly result: ShapeNode | undefined
  readonly call: (host: H, values: Record<string, unknown>) => unknown
  /** Whether the answer may take a while: the guest's thread or stack then waits (see `Blocking`). */
  readonly blocks: boolean
}

/** What a host function gives: the value, or a promise of it where stacks can be switched (see `Blocking`). */
export type Answer<T> = T | Promise<T>

/** Declares one host function. Parameters are in WIT's order, their keys the names of WIT in camel case. */
export function hostFunction<H, P extends Record<string, AnyShape>, R = void>(
  params: P,
  answer: Shape<R> | undefined,
  call: (host: H, values: { readonly [K in keyof P]: ValueOf<P[K]> }) => Answer<R>,
  options: { readonly blocks?: boolean } = {},
): HostFunction<H> {
  const fields = Object.entries(params).map(([key, shape]) => ({ name: kebab(key), key, shape }))
  return { params: fields, result: answer, call: call as HostFunction<H>['call'], blocks: options.blocks ?? false }
}

/** Thrown by a host function when the guest must stop at once. The text reaches whoever reads why the process ended. */
export class HostTrap extends HyperwareError<{ code: 'host-trap'; reason: string }> {
  constructor(reason: string) {
    super({ code: 'host-trap', reason }, reason)
  }
}

/** Thrown by a host function when the guest asked to end. */
export class HostExit extends HyperwareError<{ code: 'host-exit'; success: boolean }> {
  readonly success: boolean

  constructor(success: boolean) {
    super({ code: 'host-exit', success }, `the guest exited with ${success ? 'success' : 'a failure'}`)
    this.success = success
  }
}

function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
