import { createHash } from 'node:crypto'
import { mkdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isRecord } from '../kernel/json.ts'
import { sweepPartials, writeFileAtomically } from './atomic-file.ts'

/** What was made, and the files it was made of, as paths in `root`; undefined when it should not be kept. */
export type Made = { readonly bytes: Uint8Array; readonly inputs: readonly string[] }

export type KeptFileInput = {
  /** Where it is kept: one file, which what is made next replaces. */
  readonly file: string
  /** What decides about the result beside the files. */
  readonly recipe: string
  /** The folder that input paths are in. */
  readonly root: string
}

const NEW_LINE = 0x0a
/** Times of files are behind the clock: by some ms where it ticks seldom, by 2 s on file systems that count in such steps. */
const FILE_TIME_BEHIND_MS = 2_000
/** No writer takes so long. */
const PARTIAL_MAX_MS = 60_000

/**
 * Bytes that follow from files and a recipe, and take long to make: taken from disk as long as all of these are what they
 * were, and made again otherwise. What is kept is a line that says what it was made of, with the hash of the bytes, and the
 * bytes: one that is damaged, or was written by something else, is made again too. A folder that cannot be written to
 * costs the time only.
 */
export async function keepFile(input: KeptFileInput, make: () => Promise<Made>): Promise<Uint8Array> {
  const kept = await readKept(input)
  if (kept !== undefined) return kept
  const startedMs = Date.now()
  const made = await make()
  const inputs = await hashInputs(input.root, made.inputs, startedMs)
  if (inputs === undefined) return made.bytes // a file changed meanwhile: nobody knows which version went in
  const line = JSON.stringify({ recipe: input.recipe, sha256: hashOf(made.bytes), inputs })
  try {
    await mkdir(dirname(input.file), { recursive: true })
    await sweepPartials(input.file, { olderThanMs: PARTIAL_MAX_MS })
    await writeFileAtomically(input.file, Buffer.concat([Buffer.from(`${line}\n`), made.bytes]))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
  }
  return made.bytes
}

async function readKept({ file, recipe, root }: KeptFileInput): Promise<Uint8Array | undefined> {
  const content = await readOrNothing(file)
  const end = content?.indexOf(NEW_LINE) ?? -1
  if (content === undefined || end === -1) return undefined
  const line = parseLine(content.subarray(0, end).toString())
  const bytes = content.subarray(end + 1)
  if (line === undefined || line['recipe'] !== recipe || line['sha256'] !== hashOf(bytes)) return undefined
  if (!isRecord(line['inputs'])) return undefined
  for (const [path, hash] of Object.entries(line['inputs'])) {
    const now = await readOrNothing(join(root, path))
    if (now === undefined || hashOf(now) !== hash) return undefined
  }
  return bytes
}

/** The hash of each file; undefined when one of them may have been changed after `startedMs`. */
async function hashInputs(
  root: string,
  paths: readonly string[],
  startedMs: number,
): Promise<Readonly<Record<string, string>> | undefined> {
  const hashes: Record<string, string> = {}
  for (const path of paths) {
    const file = join(root, path)
    const content = await readOrNothing(file)
    if (content === undefined || (await stat(file)).mtimeMs >= startedMs - FILE_TIME_BEHIND_MS) return undefined
    hashes[path] = hashOf(content)
  }
  return hashes
}

function parseLine(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined // damaged, so it is made again
  }
}

/** A file that cannot be read, for whatever reason, is none that could be used. */
async function readOrNothing(file: string): Promise<Buffer | undefined> {
  return readFile(file).catch(() => undefined)
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
