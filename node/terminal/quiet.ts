import type { Printout } from './printout.ts'

/** Lines of one subject that are shown within `QUIET_MS`. */
export const QUIET_AFTER = 10
export const QUIET_MS = 60_000
/** Subjects that are told apart at a time; the others share one count. */
export const SUBJECTS_MAX = 32

/** A line that somebody can cause at will, and what it complains of. */
export type Complaint = Printout & { readonly subject: string }

type Count = { untilMs: number; shown: number; keptBack: number; latest: Complaint | undefined }

/** By subject. `undefined` is everything else, when there are too many. */
export type Quiet = Map<string | undefined, Count>

/** Whether a complaint is shown as what it is; the first ones are, and then it is only counted for a while. */
export function admit(quiet: Quiet, complaint: Complaint, nowMs: number): boolean {
  const subject = quiet.has(complaint.subject) || quiet.size < SUBJECTS_MAX ? complaint.subject : undefined
  const count = quiet.get(subject) ?? { untilMs: nowMs + QUIET_MS, shown: 0, keptBack: 0, latest: undefined }
  quiet.set(subject, count)
  if (count.shown < QUIET_AFTER) {
    count.shown += 1
    return true
  }
  count.keptBack += 1
  count.latest = complaint
  return false
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
