import {
  type Blob,
  equalProcessIds,
  formatPackageId,
  formatProcessId,
  type ProcessId,
  quote,
} from '@hyperware/protocol'
import { secureSubdomain } from './app-origin.ts'
import { compareSpecificity, compilePattern, isStatic, matchPattern, type PathPattern } from './path-pattern.ts'

/** Paths that one process may bind, how many of them with names in them, and the length of one. */
export const BINDINGS_MAX = { paths: 4_096, patterns: 64, length: 2_048 } as const
/** Bytes of content and paths that one package, whose processes may be many, may leave here, and all together. */
export const CONTENT_MAX_BYTES = { each: 64 * 1_024 * 1_024, all: 256 * 1_024 * 1_024 } as const
/** Processes that may have bound anything. Bindings outlive their process, until others need the room. */
export const BINDING_PROCESSES_MAX = 1_024
/** What a path takes beside its text and content. */
const ENTRY_BYTES = 1_024

/** What is bound to a path. */
export type PathBinding = {
  readonly process: ProcessId
  /** With the process id in front. */
  readonly boundPath: string
  readonly authenticated: boolean
  /** Answers only at the origin of its package. */
  readonly secure: boolean
  readonly localOnly: boolean
  /** The answer to every GET; undefined when the process answers itself. */
  readonly content: Blob | undefined
}

export type SocketBinding = {
  readonly process: ProcessId
  readonly boundPath: string
  readonly authenticated: boolean
  readonly secure: boolean
  readonly extension: boolean
}

export type Match<B> = { readonly binding: B; readonly params: ReadonlyMap<string, string> }

/** Why something was not bound. */
export type BindProblem = { readonly problem: string }

/** What processes bound, of one kind. Undefined in place of a binding: the path was unbound, and answers 404. */
export type BindingTable<B> = {
  readonly bind: (
    process: ProcessId,
    path: string,
    binding: Omit<B, 'process' | 'boundPath'>,
  ) => BindProblem | undefined
  readonly unbind: (process: ProcessId, path: string) => BindProblem | undefined
  /** Of a whole path without the slash at its end. */
  readonly find: (path: string) => Match<B> | 'unbound' | undefined
}

type Entry<B> = { readonly pattern: PathPattern; readonly binding: B | undefined }
type Own<B> = {
  readonly process: ProcessId
  readonly statics: Map<string, Entry<B>>
  readonly patterns: Map<string, Entry<B>>
  bytes: number
}

/**
 * Its paths have no process id in front, so that `/` is the home page (modules.md section 9.1). They are found behind its
 * id as well: at the node's own origin `/` is the node's page.
 */
const HOMEPAGE = 'homepage:homepage:sys'

/**
 * `origins` says which package has an origin; packages of the same one exclude each other. `knows` says whether there still
 * is such a process.
 */
export function createBindingTable<B extends { process: ProcessId; boundPath: string; content?: Blob | undefined }>({
  origins,
  knows,
}: {
  readonly origins: Map<string, string>
  readonly knows: (process: ProcessId) => boolean
}): BindingTable<B> {
  const owners = new Map<string, Own<B>>()
  let bytes = 0

  function put(process: ProcessId, path: string, binding: B | undefined): BindProblem | undefined {
    if (path.length > BINDINGS_MAX.length) return { problem: `its path is longer than ${BINDINGS_MAX.length}` }
    const pattern = compilePattern(path)
    if (pattern === undefined) return { problem: 'its path has too many parts' }
    const taken = claim(origins, process)
    if (taken !== undefined) return taken
    const key = formatProcessId(process)
    const own = owners.get(key) ?? {
      process,
      statics: new Map<string, Entry<B>>(),
      patterns: new Map<string, Entry<B>>(),
      bytes: 0,
    }
    if (!owners.has(key) && owners.size >= BINDING_PROCESSES_MAX) {
      forgetGone(process)
      if (owners.size >= BINDING_PROCESSES_MAX) return { problem: `${BINDING_PROCESSES_MAX} processes have paths` }
    }
    const entries = isStatic(pattern) ? own.statics : own.patterns
    const max = isStatic(pattern) ? BINDINGS_MAX.paths : BINDINGS_MAX.patterns
    if (!entries.has(path) && entries.size >= max) return { problem: `it has ${max} such paths already` }
    const known = entries.get(path)
    const more = sizeOf(binding) + (known === undefined ? path.length + ENTRY_BYTES : -sizeOf(known.binding))
    if (!hasRoom(process, more)) forgetGone(process)
    if (!hasRoom(process, more)) {
      return {
        problem: `its package may leave ${CONTENT_MAX_BYTES.each} bytes of content here, and all ${CONTENT_MAX_BYTES.all}`,
      }
    }
    own.bytes += more
    bytes += more
    entries.set(path, { pattern, binding })
    owners.set(key, own)
    return undefined
  }

  function hasRoom({ package: name, publisher }: ProcessId, more: number): boolean {
    let ofPackage = more
    for (const { process, bytes: taken } of owners.values()) {
      if (process.package === name && process.publisher === publisher) ofPackage += taken
    }
    return ofPackage <= CONTENT_MAX_BYTES.each && bytes + more <= CONTENT_MAX_BYTES.all
  }

  /** Whatever else spawned children without end, each with a path, would take the paths from everybody. */
  function forgetGone(asking: ProcessId): void {
    for (const [key, own] of owners) {
      if (knows(own.process) || equalProcessIds(own.process, asking)) continue
      owners.delete(key)
      bytes -= own.bytes
    }
  }

  function findIn(own: Own<B>, path: string): Match<B> | 'unbound' | undefined {
    const exact = own.statics.get(path)
    if (exact !== undefined)
      return exact.binding === undefined ? 'unbound' : { binding: exact.binding, params: new Map() }
    let best: { entry: Entry<B>; params: ReadonlyMap<string, string> } | undefined
    for (const entry of own.patterns.values()) {
      if (best !== undefined && compareSpecificity(entry.pattern, best.entry.pattern) >= 0) continue
      const params = matchPattern(entry.pattern, path)
      if (params !== undefined) best = { entry, params }
    }
    if (best === undefined) return undefined
    const { entry, params } = best
    return entry.binding === undefined ? 'unbound' : { binding: entry.binding, params }
  }

  return {
    bind(process, path, binding) {
      const boundPath = boundPathOf(process, path)
      return put(process, boundPath, { ...binding, process, boundPath } as B)
    },
    unbind: (process, path) => put(process, boundPathOf(process, path), undefined),
    find(path) {
      const first = firstSegment(path)
      const own = owners.get(first) ?? owners.get(HOMEPAGE)
      if (own === undefined) return undefined
      return findIn(own, first === HOMEPAGE ? path.slice(HOMEPAGE.length + 1) || '/' : path)
    },
  }
}

function claim(origins: Map<string, string>, process: ProcessId): BindProblem | undefined {
  const origin = secureSubdomain(process)
  const id = formatPackageId(process)
  const holder = origins.get(origin)
  if (holder === undefined) origins.set(origin, id)
  return holder === undefined || holder === id
    ? undefined
    : { problem: `its origin ${quote(origin)} is that of ${holder}` }
}

function sizeOf(binding: { content?: Blob | undefined } | undefined): number {
  const content = binding?.content
  return content === undefined ? 0 : content.bytes.length + (content.mime?.length ?? 0)
}

export function isOfHomepage(process: ProcessId): boolean {
  return formatProcessId(process) === HOMEPAGE
}

function boundPathOf(process: ProcessId, path: string): string {
  const rooted = path.startsWith('/') ? path : `/${path}`
  return withoutLastSlash(isOfHomepage(process) ? rooted : `/${formatProcessId(process)}${rooted}`)
}

/** One slash at the end says nothing. */
export function withoutLastSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

export function firstSegment(path: string): string {
  const end = path.indexOf('/', 1)
  return path.slice(1, end === -1 ? undefined : end)
}
