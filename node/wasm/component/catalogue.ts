import { STANDARD_FUNCTIONS, STANDARD_INTERFACE, type StandardHost } from '../standard.ts'
import { WASI_INTERFACES, type WasiHost } from '../wasi/interfaces.ts'
import type { HostFunction } from './shape.ts'

/** Everything a guest may call. */
export type Hosts = { readonly standard: StandardHost; readonly wasi: WasiHost }

export type CatalogueEntry =
  | { readonly host: 'standard'; readonly function: HostFunction<StandardHost> }
  | { readonly host: 'wasi'; readonly function: HostFunction<WasiHost> }
  /** A function of a resource that no guest ever gets a handle to. */
  | { readonly host: 'nobody'; readonly resource: string }

/** WASI by its name without the version: a patch release only adds functions. */
const WASI_VERSIONED = /^(wasi:[a-z-]+\/[a-z-]+)@0\.2\.\d+$/

/** Whether this node offers an interface by that name and version at all. */
export function isOffered(interfaceName: string): boolean {
  return interfaceName === STANDARD_INTERFACE || wasiInterface(interfaceName) !== undefined
}

/** What answers a function that a component imports; undefined when nothing does. */
export function findFunction(interfaceName: string, functionName: string): CatalogueEntry | undefined {
  if (interfaceName === STANDARD_INTERFACE) {
    const found = own(STANDARD_FUNCTIONS, functionName)
    return found && { host: 'standard', function: found }
  }
  const wasi = wasiInterface(interfaceName)
  const found = wasi && own(wasi.functions, functionName)
  if (found) return { host: 'wasi', function: found }
  const resource = /^\[(?:method|static|constructor)\]([a-z-]+)/.exec(functionName)?.[1]
  return resource !== undefined && wasi?.absent?.includes(resource) ? { host: 'nobody', resource } : undefined
}

function wasiInterface(interfaceName: string): (typeof WASI_INTERFACES)[string] | undefined {
  const name = WASI_VERSIONED.exec(interfaceName)?.[1]
  return name === undefined ? undefined : own(WASI_INTERFACES, name)
}

/** Names come from strangers: `constructor` is not a function of any interface. */
function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}
