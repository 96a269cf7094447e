import { type Decoded, HyperwareError, countOf, decoded, quote, undecodable } from './errors.ts'

/** A process: `process:package:publisher` as text. Three non-empty parts (kernel.md section 2). */
export type ProcessId = { readonly process: string; readonly package: string; readonly publisher: string }

/** A process on a node: `node@process:package:publisher` as text. */
export type ProcessAddress = { readonly node: string; readonly process: ProcessId }

/** A package: `package:publisher` as text, where publisher is a name. */
export type PackageId = { readonly package: string; readonly publisher: string }

/** The node part by which a process means the node it runs on. */
export const OUR = 'our'

/** The process that carries messages between nodes, and answers greetings. */
export const NET_PROCESS: ProcessId = { process: 'net', package: 'distro', publisher: 'sys' }

export type ProcessProblem =
  | { code: 'ats'; text: string; found: number }
  | { code: 'colons'; text: string; found: number; expected: number }
  | { code: 'node-missing'; text: string }
  | { code: 'part-empty'; text: string; part: keyof ProcessId }

/** Thrown by the parsers of process ids, addresses and package ids. */
export class ProcessError extends HyperwareError<ProcessProblem> {}

type Parsed<T> = { value: T } | { problem: ProcessProblem }

function readId(text: string, whole: string): Parsed<ProcessId> {
  const parts = text.split(':', 5)
  const [process = '', packageName = '', publisher = ''] = parts
  if (parts.length !== 3)
    return { problem: { code: 'colons', text: whole, found: countCharacter(text, ':'), expected: 2 } }
  const id = { process, package: packageName, publisher }
  for (const part of ['process', 'package', 'publisher'] as const) {
    if (id[part] === '') return { problem: { code: 'part-empty', text: whole, part } }
  }
  return { value: id }
}

function countCharacter(text: string, character: ':' | '@'): number {
  let found = 0
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) found += 1
  return found
}

function readAddress(text: string): Parsed<ProcessAddress> {
  const at = text.indexOf('@')
  if (at === -1 || text.indexOf('@', at + 1) !== -1) {
    return { problem: { code: 'ats', text, found: countCharacter(text, '@') } }
  }
  if (at === 0) return { problem: { code: 'node-missing', text } }
  const id = readId(text.slice(at + 1), text)
  return 'problem' in id ? id : { value: { node: text.slice(0, at), process: id.value } }
}

function describe(problem: ProcessProblem): string {
  switch (problem.code) {
    case 'ats':
      return `it has ${countOf(problem.found, 'at sign')}, expected exactly 1`
    case 'colons':
      return `it has ${countOf(problem.found, 'colon')}, expected exactly ${problem.expected}`
    case 'node-missing':
      return 'the node before the at sign is missing'
    case 'part-empty':
      return `the ${problem.part} is empty`
  }
}

function getParsed<T>(parsed: Parsed<T>, what: string, form: string): T {
  if ('value' in parsed) return parsed.value
  const { problem } = parsed
  throw new ProcessError(problem, `Cannot parse ${what} ${quote(problem.text)}: ${describe(problem)}`, {
    hint: `write it as ${form}`,
  })
}

/** Parses `process:package:publisher`. The characters are not checked; see `isHypermapSafe`. Throws `ProcessError`. */
export function parseProcessId(text: string): ProcessId {
  return getParsed(readId(text, text), 'process id', 'process:package:publisher')
}

/** Parses `node@process:package:publisher`, characters unchecked. Throws `ProcessError`. */
export function parseAddress(text: string): ProcessAddress {
  return getParsed(readAddress(text), 'address', 'node@process:package:publisher')
}

/** As `parseAddress`, for text that a peer sent: a bad address is a result. */
export function decodeAddress(text: string): Decoded<ProcessAddress> {
  const parsed = readAddress(text)
  if ('value' in parsed) return decoded(parsed.value)
  return undecodable(`address ${quote(text)} is not node@process:package:publisher: ${describe(parsed.problem)}`)
}

/** As `parseProcessId`, for text that somebody else wrote: a bad id is a result. */
export function decodeProcessId(text: string): Decoded<ProcessId> {
  const parsed = readId(text, text)
  if ('value' in parsed) return decoded(parsed.value)
  return undecodable(`process id ${quote(text)} is not process:package:publisher: ${describe(parsed.problem)}`)
}

/** Parses `package:publisher`, characters unchecked. Throws `ProcessError`. */
export function parsePackageId(text: string): PackageId {
  const [packageName = '', publisher = '', ...more] = text.split(':', 4)
  const form = 'package:publisher'
  if (!text.includes(':') || more.length > 0) {
    return getParsed<PackageId>(
      { problem: { code: 'colons', text, found: countCharacter(text, ':'), expected: 1 } },
      'package id',
      form,
    )
  }
  if (packageName === '')
    return getParsed<PackageId>({ problem: { code: 'part-empty', text, part: 'package' } }, 'package id', form)
  if (publisher === '')
    return getParsed<PackageId>({ problem: { code: 'part-empty', text, part: 'publisher' } }, 'package id', form)
  return { package: packageName, publisher }
}

export function formatProcessId(id: ProcessId): string {
  return `${id.process}:${id.package}:${id.publisher}`
}

export function formatAddress(address: ProcessAddress): string {
  return `${address.node}@${formatProcessId(address.process)}`
}

export function formatPackageId(id: PackageId): string {
  return `${id.package}:${id.publisher}`
}

const SAFE_PART = /^[a-z0-9-]+$/
const SAFE_NAME = /^[a-z0-9.-]+$/

/** Whether a process id keeps to the characters of Hypermap, which the kernel and every peer insist on. */
export function isHypermapSafe(id: ProcessId): boolean {
  return SAFE_PART.test(id.process) && SAFE_PART.test(id.package) && SAFE_NAME.test(id.publisher)
}

/** As `isHypermapSafe`, for the node part as well. */
export function isHypermapSafeAddress(address: ProcessAddress): boolean {
  return SAFE_NAME.test(address.node) && isHypermapSafe(address.process)
}

export function equalProcessIds(a: ProcessId, b: ProcessId): boolean {
  return a.process === b.process && a.package === b.package && a.publisher === b.publisher
}

export function equalAddresses(a: ProcessAddress, b: ProcessAddress): boolean {
  return a.node === b.node && equalProcessIds(a.process, b.process)
}

/** Where a response goes: to `rsvp` when the request names one, else back to its source (net.md section 7). */
export function replyTarget(request: { source: ProcessAddress; rsvp: ProcessAddress | undefined }): ProcessAddress {
  return request.rsvp ?? request.source
}
