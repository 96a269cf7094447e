import { appendFile, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** How the logs of terminal output are kept (modules.md section 12). `maxBytes` 0 sets no limit. */
export type LogFileOptions = { readonly maxBytes: number; readonly files: number }
export const LOG_FILE_DEFAULTS: LogFileOptions = { maxBytes: 16_000_000, files: 4 }

/** Lines that may wait for the disk, and their characters; beyond it lines are lost, and the log says how many. */
export const WAITING_MAX = { lines: 10_000, characters: 4_000_000 } as const

export type LogFiles = {
  /** Takes a line of any verbosity; it is written soon. */
  readonly write: (line: string) => void
  /** Resolves when everything taken is in the file. */
  readonly flush: () => Promise<void>
}

const FOLDER = '.terminal_logs'
const NAME = /^\d{4}-\d{2}-\d{2}-\d{2}:\d{2}:\d{2}(?:-\d+)?\.log$/

/**
 * Logs under `<home>/.terminal_logs`, a new file at each start and whenever the present one has its share of
 * `maxBytes`; the oldest go, so that all together stay under it. A disk that does not take lines is reported once to
 * `failed`, and never stops the node.
 */
export function createLogFiles(
  deps: { readonly home: string; readonly now: () => Date; readonly failed: (error: unknown) => void },
  options: LogFileOptions = LOG_FILE_DEFAULTS,
): LogFiles {
  const folder = join(deps.home, FOLDER)
  const shareBytes = options.maxBytes === 0 ? Infinity : Math.max(1, Math.floor(options.maxBytes / options.files))
  let waiting: string[] = []
  let waitingCharacters = 0
  let lost = 0
  let file: { path: string; sizeBytes: number } | undefined
  let writing: Promise<void> | undefined
  let broken = false

  function write(line: string): void {
    if (waiting.length >= WAITING_MAX.lines || waitingCharacters >= WAITING_MAX.characters) lost += 1
    else {
      waiting.push(`[${rfc2822(deps.now())}] ${line}\n`)
      waitingCharacters += line.length
    }
    writing ??= drain()
  }

  async function drain(): Promise<void> {
    // Lines of one turn are written together.
    await new Promise((resolve) => setImmediate(resolve))
    while (waiting.length > 0) {
      const lines = waiting
      waiting = []
      waitingCharacters = 0
      if (lost > 0)
        lines.push(`[${rfc2822(deps.now())}] ${lost} lines were lost: they came faster than the disk took them\n`)
      lost = 0
      try {
        await append(lines)
        broken = false
      } catch (error) {
        if (!broken) deps.failed(error)
        broken = true
      }
    }
    writing = undefined
  }

  /** Into as many files as it takes: only a line that is longer than a share makes its file longer. */
  async function append(lines: readonly string[]): Promise<void> {
    for (let next = 0; next < lines.length;) {
      file ??= await begin()
      let { sizeBytes } = file
      const first = next
      for (; next < lines.length; next += 1) {
        const lineBytes = Buffer.byteLength(lines[next] ?? '')
        if (sizeBytes > 0 && sizeBytes + lineBytes > shareBytes) break
        sizeBytes += lineBytes
      }
      await appendFile(file.path, lines.slice(first, next).join(''), { mode: 0o600 })
      file = next === lines.length ? { ...file, sizeBytes } : undefined
    }
  }

  async function begin(): Promise<{ path: string; sizeBytes: number }> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const present = (await readdir(folder)).filter((name) => NAME.test(name)).toSorted(byAge)
    const spare = options.maxBytes === 0 ? [] : present.slice(0, Math.max(0, present.length - options.files + 1))
    await Promise.all(spare.map((name) => rm(join(folder, name), { force: true })))
    return { path: join(folder, freeName(deps.now(), present)), sizeBytes: 0 }
  }

  return { write, flush: () => writing ?? Promise.resolve() }
}

/** `2026-11-21-12:36:16.log`, and `-1` and so on for further ones of that second. */
function freeName(at: Date, present: readonly string[]): string {
  const stem = at.toISOString().slice(0, 19).replace('T', '-')
  for (let index = 0; ; index += 1) {
    const name = index === 0 ? `${stem}.log` : `${stem}-${index}.log`
    if (!present.includes(name)) return name
  }
}

function byAge(a: string, b: string): number {
  const [stemA, indexA] = ageOf(a)
  const [stemB, indexB] = ageOf(b)
  return stemA === stemB ? indexA - indexB : stemA < stemB ? -1 : 1
}

function ageOf(name: string): readonly [string, number] {
  return [name.slice(0, 19), Number(name.slice(20, -4)) || 0]
}

/** `Sat, 21 Nov 2026 12:36:16 +0000`. */
function rfc2822(at: Date): string {
  return at.toUTCString().replace('GMT', '+0000')
}
