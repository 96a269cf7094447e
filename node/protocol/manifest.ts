import { type Decoded, decoded, quote, undecodable } from './errors.ts'
import {
  addedOption,
  anyJson,
  bool,
  fromJsonWith,
  type JsonCodec,
  list,
  option,
  record,
  struct,
  text,
  u32,
} from './json-codecs.ts'
import { decodeJson, formatJson, isJsonObject, type JsonValue } from './json.ts'
import { memoryMaxBytesJson } from './memory.ts'
import { type OnExit, onExitJson } from './on-exit.ts'
import { decodeProcessId, type ProcessId } from './processes.ts'

/** A right as a manifest words it: of this process, with these params. */
export type NamedCapability = { readonly process: ProcessId; readonly params: string }

/** Entries of a list that could be read, and what is wrong with the others, which are skipped. */
export type NamedCapabilities = { readonly read: readonly NamedCapability[]; readonly problems: readonly string[] }

/** One long-running process of a package (kernel.md section 13). */
export type ManifestEntry = {
  readonly processName: string
  /** Path inside the package's drive; a leading slash is optional. */
  readonly wasmPath: string
  readonly onExit: OnExit
  readonly requestNetworking: boolean
  /** Rights that the process is to hold, issued by the processes named. */
  readonly requestCapabilities: NamedCapabilities
  /** Rights that the process issues, and who is to hold them. */
  readonly grantCapabilities: NamedCapabilities
  readonly public: boolean
  /**
   * What its linear memories may hold together, rounded down to 64 KiB; undefined for what the node gives by itself. More
   * than the node's ceiling is refused by name.
   */
  readonly memoryMaxBytes?: number | undefined
}

/** How the terminal starts one script of a package (kernel.md section 13, `scripts.json`). */
export type ScriptEntry = {
  /** The script is to hold everything that the terminal holds. */
  readonly root: boolean
  readonly public: boolean
  readonly requestNetworking: boolean
  readonly requestCapabilities: NamedCapabilities
  readonly grantCapabilities: NamedCapabilities
  readonly witVersion: number | undefined
  /** As in `ManifestEntry`. */
  readonly memoryMaxBytes?: number | undefined
}

/** The most processes or scripts one package may list. */
export const PACKAGE_PROCESSES_MAX = 1_024

/** Metadata of a script's response that carries the words of a failure. */
export const SCRIPT_FAILED = 'failed'

export const MESSAGING_PARAMS = '"messaging"'
export const NETWORK_PARAMS = '"network"'

function readNamed(json: JsonValue): Decoded<NamedCapability> {
  if (typeof json === 'string') return named(json, MESSAGING_PARAMS)
  if (!isJsonObject(json) || typeof json['process'] !== 'string') {
    return undecodable(`${quote(formatJson(json))} is neither a process id nor {"process", "params"}`)
  }
  const { process, params } = json
  if (params === undefined) return undecodable(`${quote(formatJson(json))} has no params`)
  return named(process, formatJson(params))
}

function named(process: string, params: string): Decoded<NamedCapability> {
  const id = decodeProcessId(process)
  return id.ok ? decoded({ process: id.value, params }) : id
}

function writeNamed({ process, params }: NamedCapability): JsonValue {
  const text = `${process.process}:${process.package}:${process.publisher}`
  if (params === MESSAGING_PARAMS) return text
  const value = decodeJson(params)
  return { process: text, params: value.ok ? value.value : params }
}

/** Anything in a list that cannot be read is a problem to print, not a reason to refuse the package. */
const namedCapabilities: JsonCodec<NamedCapabilities> = {
  toJson: ({ read }) => read.map(writeNamed),
  fromJson: (json, where) => {
    const results = list(anyJson).fromJson(json, where).map(readNamed)
    return {
      read: results.flatMap((result) => (result.ok ? [result.value] : [])),
      problems: results.flatMap((result) => (result.ok ? [] : [result.problem])),
    }
  },
}

const NONE: NamedCapabilities = { read: [], problems: [] }
const optionalCapabilities: JsonCodec<NamedCapabilities> = {
  toJson: namedCapabilities.toJson,
  fromJson: (json, where) => (json === null ? NONE : namedCapabilities.fromJson(json, where)),
  whenAbsent: () => NONE,
}

export const manifestJson: JsonCodec<readonly ManifestEntry[]> = list(
  struct<ManifestEntry>({
    processName: ['process_name', text],
    wasmPath: ['process_wasm_path', text],
    onExit: ['on_exit', onExitJson],
    requestNetworking: ['request_networking', bool],
    requestCapabilities: ['request_capabilities', namedCapabilities],
    grantCapabilities: ['grant_capabilities', namedCapabilities],
    public: ['public', bool],
    memoryMaxBytes: ['memory_max_bytes', addedOption(memoryMaxBytesJson)],
  }),
)

/** Keyed by the file of the script, such as `hi.wasm`. */
export const scriptsJson: JsonCodec<ReadonlyMap<string, ScriptEntry>> = record(
  struct<ScriptEntry>({
    root: ['root', bool],
    public: ['public', bool],
    requestNetworking: ['request_networking', bool],
    requestCapabilities: ['request_capabilities', optionalCapabilities],
    grantCapabilities: ['grant_capabilities', optionalCapabilities],
    witVersion: ['wit_version', option(u32)],
    memoryMaxBytes: ['memory_max_bytes', addedOption(memoryMaxBytesJson)],
  }),
)

/** Decodes the text of a `manifest.json`. */
export function decodeManifest(json: string): Decoded<readonly ManifestEntry[]> {
  const value = decodeJson(json)
  if (!value.ok) return undecodable(`manifest.json: ${value.problem}`)
  const manifest = fromJsonWith(manifestJson, 'manifest.json', value.value)
  if (manifest.ok && manifest.value.length > PACKAGE_PROCESSES_MAX)
    return tooMany('manifest.json', manifest.value.length)
  return manifest
}

/** Decodes the text of a `scripts.json`. */
export function decodeScripts(json: string): Decoded<ReadonlyMap<string, ScriptEntry>> {
  const value = decodeJson(json)
  if (!value.ok) return undecodable(`scripts.json: ${value.problem}`)
  const scripts = fromJsonWith(scriptsJson, 'scripts.json', value.value)
  if (scripts.ok && scripts.value.size > PACKAGE_PROCESSES_MAX) return tooMany('scripts.json', scripts.value.size)
  return scripts
}

function tooMany<T>(file: string, count: number): Decoded<T> {
  return undecodable(`${file} lists ${count} processes, expected at most ${PACKAGE_PROCESSES_MAX}`)
}
