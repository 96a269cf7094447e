import type { Printout } from './printout.ts'

/** Lines of one subject that are shown within `QUIET_MS`. */
export const QUIET_AFTER = 10
export const QUIET_MS = 60_000
/** Subjects that are told apart at a time; the others share one count. */
export const SUBJECTS_MAX = 32

/** Lines of the screen that one process may print within `QUIET_MS`: enough for long tables, and one can still type. */
export const PRINTS_AFTER = 1_000
/** Processes whose prints are counted apart at a time: all that a node has. */
export const PRINTERS_MAX = 1_024
/** Characters that count as a line, however few line breaks there are. */
const LINE_LENGTH = 200

/** Characters of the line that stands for those that were kept back. */
const LATEST_LENGTH = 500

/** So many lines of one subject, and so many subjects. */
export type QuietBounds = { readonly after: number; readonly subjects: number }
export const COMPLAINTS: QuietBounds = { after: QUIET_AFTER, subjects: SUBJECTS_MAX }
export const PRINTS: QuietBounds = { after: PRINTS_AFTER, subjects: PRINTERS_MAX }

/** A line that somebody can cause at will, and what it complains of. */
export type Complaint = Printout & { readonly subject: string }

type Count = { untilMs: number; shown: number; keptBack: number; latest: Complaint | undefined }

/** By subject. `undefined` is everything else, when there are too many. */
export type Quiet = Map<string | undefined, Count>

/** Whether a complaint is shown as what it is; the first ones are, and then it is only counted for a while. */
export function admit(
  quiet: Quiet,
  complaint: Complaint,
  nowMs: number,
  { after, subjects }: QuietBounds = COMPLAINTS,
  lines = 1,
): boolean {
  const subject = quiet.has(complaint.subject) || quiet.size < subjects ? complaint.subject : undefined
  const count = quiet.get(subject) ?? { untilMs: nowMs + QUIET_MS, shown: 0, keptBack: 0, latest: undefined }
  quiet.set(subject, count)
  if (count.shown < after) {
    count.shown += lines
    return true
  }
  count.keptBack += 1
  count.latest = { ...complaint, text: beginning(complaint.text) }
  return false
}

/** A copy of its own: part of a string would keep all of it. */
function beginning(text: string): string {
  return text.length <= LATEST_LENGTH ? text : `${Buffer.from(text.slice(0, LATEST_LENGTH)).toString()}…`
}

/** The lines that a text takes on the screen, roughly. */
export function linesOf(text: string): number {
  let lines = 1 + Math.floor(text.length / LINE_LENGTH)
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1
  return lines
}

/** What is to be shown of complaints that were kept back, once their while is over: one line for each subject. */
export function sumUp(quiet: Quiet, nowMs: number): readonly Complaint[] {
  const lines: Complaint[] = []
  for (const [subject, { untilMs, keptBack, latest }] of quiet) {
    if (nowMs < untilMs) continue
    if (latest === undefined) {
      quiet.delete(subject)
      continue
    }
    lines.push({ ...latest, text: `${latest.text} (one of ${keptBack} such lines, kept back within a minute)` })
    quiet.set(subject, { untilMs: nowMs + QUIET_MS, shown: 1, keptBack: 0, latest: undefined })
  }
  return lines
}
