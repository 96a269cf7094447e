import { GUEST_CREDITS } from '../kernel/guest.ts'

/**
 * The few 32-bit numbers that a process's thread shares with the node's: all that must be known without a message. Only
 * the thread takes credits and only the node gives them back.
 */
export type Cells = Int32Array<SharedArrayBuffer>

/** Answers posted so far; the thread sleeps on it while it waits for one. */
const ANSWERS = 0
/** Messages, and bytes of messages, that may still be sent. */
const MESSAGES_LEFT = 1
const BYTES_LEFT = 2
/** Times that credits were given back; the thread sleeps on it while it has too few. */
const RETURNS = 3
/** Pages of 64 KiB that the linear memories held when the guest last called the host, or were to hold when it last grew. */
const MEMORY_PAGES = 4
/** The system's number of the thread; 0 until it is known. */
const THREAD_NUMBER = 5
const COUNT = 6

export const PAGE_BYTES = 65_536

export function createCells(): Cells {
  const cells = new Int32Array(new SharedArrayBuffer(COUNT * Int32Array.BYTES_PER_ELEMENT))
  cells[MESSAGES_LEFT] = GUEST_CREDITS.messages
  cells[BYTES_LEFT] = GUEST_CREDITS.bytes
  return cells
}

/** A message larger than all credits counts for all of them: it goes when nothing else is on the way. */
function boundedCost(bytes: number): number {
  return Math.min(bytes, GUEST_CREDITS.bytes)
}

/** In the thread: takes the credits of one message, if there are enough. */
function tryTakeCredit(cells: Cells, bytes: number): boolean {
  const cost = boundedCost(bytes)
  if (Atomics.load(cells, MESSAGES_LEFT) < 1 || Atomics.load(cells, BYTES_LEFT) < cost) return false
  Atomics.sub(cells, MESSAGES_LEFT, 1)
  Atomics.sub(cells, BYTES_LEFT, cost)
  return true
}

/** In the thread: takes the credits of one message, and sleeps until there are enough. */
export function takeCredit(cells: Cells, bytes: number): void {
  for (;;) {
    const returns = Atomics.load(cells, RETURNS)
    if (tryTakeCredit(cells, bytes)) return
    Atomics.wait(cells, RETURNS, returns)
  }
}

/** In the node's thread: gives back what the thread took, and wakes it. */
export function giveCredit(cells: Cells, credit: { readonly messages: number; readonly bytes: number }): void {
  Atomics.add(cells, MESSAGES_LEFT, credit.messages)
  Atomics.add(cells, BYTES_LEFT, boundedCost(credit.bytes))
  Atomics.add(cells, RETURNS, 1)
  Atomics.notify(cells, RETURNS)
}

/** In the thread: how many answers have come, to be passed to `waitForAnswer` after asking. */
export function answersSoFar(cells: Cells): number {
  return Atomics.load(cells, ANSWERS)
}

/** In the thread: sleeps until an answer has come beyond the `answers` seen before asking. */
export function waitForAnswer(cells: Cells, answers: number): void {
  while (Atomics.load(cells, ANSWERS) === answers) Atomics.wait(cells, ANSWERS, answers)
}

/** In the node's thread, after an answer is posted: wakes the thread that asked. */
export function announceAnswer(cells: Cells): void {
  Atomics.add(cells, ANSWERS, 1)
  Atomics.notify(cells, ANSWERS)
}

/** In the thread: notes how large the guest's linear memories are now. */
export function noteMemory(cells: Cells, bytes: number): void {
  Atomics.store(cells, MEMORY_PAGES, Math.ceil(bytes / PAGE_BYTES))
}

export function notedMemoryBytes(cells: Cells): number {
  return Atomics.load(cells, MEMORY_PAGES) * PAGE_BYTES
}

/** In the thread: says by which number the system knows it. */
export function noteThreadNumber(cells: Cells, threadNumber: number | undefined): void {
  Atomics.store(cells, THREAD_NUMBER, threadNumber ?? 0)
}

export function notedThreadNumber(cells: Cells): number | undefined {
  const noted = Atomics.load(cells, THREAD_NUMBER)
  return noted === 0 ? undefined : noted
}
