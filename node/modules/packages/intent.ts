import { createHash } from 'node:crypto'
import { readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Decoded, decoded, formatError, json, jsonParts, quote, undecodable } from '@hyperware/protocol'
import { sweepPartials, writeFileAtomically } from '../../disk/atomic-file.ts'
import { flush } from '../../disk/flush.ts'
import type { Log } from '../../kernel/log.ts'
import { isMissing } from '../vfs/drive-files.ts'
import { findPackageId } from './package-id.ts'
import { PACKAGE_MAX_BYTES } from './package-type.ts'

/** A change of packages that has begun, and what it takes to do it again from the start. */
export type Intent =
  | { readonly kind: 'install'; readonly package: string; readonly bundle: Uint8Array }
  | { readonly kind: 'uninstall'; readonly package: string }

/** Where a node keeps its intent: there is one at a time, since changes take turns. */
export type Intents = {
  /** On the disk for good when it returns, in place of that of a change that failed. */
  readonly begin: (intent: Intent) => Promise<void>
  /** The change is done. Never rejects: an intent that cannot be removed costs doing it once more. */
  readonly end: () => Promise<void>
}

const INTENT = '.package-intent'
/** The hash, the header, and the ends of their lines; names of packages are names of folders. */
const HEAD_MAX_BYTES = 1_024
const NEW_LINE = 0x0a

export function createIntents(home: string, log: Log): Intents {
  const file = join(home, INTENT)
  return {
    begin: (intent) => writeFileAtomically(file, encodeIntent(intent), { mode: 0o600 }),
    async end() {
      try {
        await rm(file, { force: true })
        await flush(home)
      } catch (error) {
        log.warn('package-intent-left', { file, problem: formatError(error), hint: 'the next boot does it once more' })
      }
    },
  }
}

/**
 * What a node that was killed had begun. One that cannot be read is set aside and reported, so that it is told once and
 * does not hold up a boot. Only while nothing else runs in this home.
 */
export async function findIntent(home: string, log: Log): Promise<Intent | undefined> {
  const file = join(home, INTENT)
  try {
    await sweepPartials(file, { olderThanMs: 0 })
    const intent = await readIntent(file)
    if (intent === undefined || intent.ok) return intent?.value
    await setAside(file, intent.problem, log)
  } catch (error) {
    const hint = 'this user must be able to read and write there; the next boot tries again'
    log.error('package-intent-unreadable', { file, problem: formatError(error), hint })
  }
  return undefined
}

async function setAside(file: string, problem: string, log: Log): Promise<void> {
  const kept = `${file}.damaged`
  await rename(file, kept)
  await flush(dirname(file))
  const hint = 'a package was being installed or uninstalled when the node ended: do that again'
  log.error('package-intent-damaged', { problem, kept, hint })
}

async function readIntent(file: string): Promise<Decoded<Intent> | undefined> {
  try {
    const { size } = await stat(file)
    const maximum = HEAD_MAX_BYTES + PACKAGE_MAX_BYTES
    if (size > maximum) return undecodable(`it has ${size} bytes, expected at most ${maximum}`)
    return decodeIntent(await readFile(file))
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** The SHA-256 of all that follows, a line of JSON, and the bundle if there is one. */
export function encodeIntent(intent: Intent): Uint8Array {
  const head = json.encodeWith(headJson, { change: intent.kind, package: intent.package })
  const rest = [head, Buffer.of(NEW_LINE), intent.kind === 'install' ? intent.bundle : new Uint8Array()]
  return Buffer.concat([Buffer.from(`${hashOf(rest)}\n`), ...rest])
}

export function decodeIntent(bytes: Buffer): Decoded<Intent> {
  const [hash, rest] = splitLine(bytes)
  const found = hashOf([rest])
  if (hash.toString('latin1') !== found) return undecodable(`it does not begin with the hash of the rest, ${found}`)
  const [line, bundle] = splitLine(rest)
  const head = json.decodeWith(headJson, 'its header', line)
  if (!head.ok) return head
  const { change, package: name } = head.value
  if (change === 'install') return decoded({ kind: change, package: name, bundle })
  if (bundle.length === 0) return decoded({ kind: change, package: name })
  return undecodable(`${bundle.length} bytes follow the header of an uninstall, expected none`)
}

type Head = { readonly change: Intent['kind']; readonly package: string }

const headJson = json.struct<Head>({
  change: ['change', jsonParts.unitEnum(['install', 'uninstall'])],
  package: [
    'package',
    json.mapped<string, string>(
      json.text,
      (name) => name,
      (text) => {
        if (findPackageId(text) !== undefined) return decoded(text)
        return undecodable(`${quote(text)} is not package:publisher, such as hello:example.os`)
      },
    ),
  ],
})

function splitLine(bytes: Buffer): readonly [line: Buffer, rest: Buffer] {
  const end = bytes.indexOf(NEW_LINE)
  return end === -1 ? [bytes, Buffer.alloc(0)] : [bytes.subarray(0, end), bytes.subarray(end + 1)]
}

function hashOf(parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}
