/**
 * How a guest waits while the host finds an answer. Everything else about running a guest is the same either way: host
 * functions block their thread, or they give a promise and the guest's stack is set aside until it is kept.
 */
export type Blocking = {
  readonly takesPromises: boolean
  /** Wraps a host function that may wait, before a guest imports it. */
  readonly wrapImport: (call: HostCall) => HostCall
  /** Wraps an exported function of the guest that may call such imports. */
  readonly wrapExport: (call: HostCall) => HostCall
}

export type HostCall = (...values: never[]) => unknown

/** Host functions return only when they have the answer: for a guest that has a thread of its own. */
export const blockThread: Blocking = {
  takesPromises: false,
  wrapImport: (call) => call,
  wrapExport: (call) => call,
}

/** Host functions may return promises, and the exported function does: many guests share one thread. */
export const switchStacks: Blocking = {
  takesPromises: true,
  wrapImport: (call) => new stackSwitching.Suspending(call) as unknown as HostCall,
  wrapExport: (call) => stackSwitching.promising(call),
}

/** The part of the JavaScript API of WebAssembly that the compiler's library does not declare yet. */
const stackSwitching = WebAssembly as unknown as {
  readonly Suspending: new (call: HostCall) => object
  readonly promising: (call: HostCall) => HostCall
}
