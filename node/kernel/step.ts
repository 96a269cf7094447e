import { formatProcessId, unreachable } from '@hyperware/protocol'
import { command } from './commands.ts'
import { lendToStuck } from './credits.ts'
import { expireContext, openContext, takenByModule } from './delivery.ts'
import type { Acknowledgement, Effect, KernelEvent, Task } from './effects.ts'
import { act, ask } from './guest-calls.ts'
import { emit, type Kernel, print, resolveOur } from './kernel.ts'
import { failPreparing, finish, finishBoot, finishPreparing, forgetGone, restart } from './lifecycle.ts'
import { keepUnwritten } from './persistence.ts'
import { failSend, receive, send } from './routing.ts'
import { forgetFullAllowances } from './signing.ts'
import { continueSpawn } from './spawning.ts'
import type { StoreChange } from './store.ts'

/**
 * One step of the kernel: what an event comes to, at this time. Deterministic: it reads no clock, and neither sends nor
 * waits; ids come from `kernel.randomId` and signatures from `kernel.sign`. It changes `kernel` in place, at a cost that
 * does not grow with what the kernel holds, and returns what is to be done, in order.
 */
export function take(kernel: Kernel, event: KernelEvent, nowMs: number): readonly Effect[] {
  kernel.nowMs = nowMs
  handle(kernel, event)
  return settle(kernel)
}

/**
 * Ends a step: the tasks that rules left, then the disk, then the answers that wait for it. These say of everything so far
 * that it is on disk, so they wait for a commit though this step changed nothing: what they speak of may still be under
 * way, or have failed. `keepAll` asks for such a commit when nobody is answered.
 */
export function settle(kernel: Kernel, { keepAll = false }: { keepAll?: boolean } = {}): readonly Effect[] {
  for (let task = kernel.tasks.shift(); task !== undefined; task = kernel.tasks.shift()) perform(kernel, task)
  const answers = kernel.acknowledgements
  const claimsAll = keepAll || answers.length > 0
  if (claimsAll) keepUnwritten(kernel)
  if (claimsAll || kernel.changes.length > 0) {
    const { changes, failedCommits } = kernel
    const written = answers.map((message) => ({ kind: 'acknowledge', message, failedCommits }) as const)
    emit(kernel, { kind: 'commit', changes, written, failed: [] })
    kernel.changes = []
    kernel.acknowledgements = []
  }
  const { effects } = kernel
  kernel.effects = []
  return effects
}

function handle(kernel: Kernel, event: KernelEvent): void {
  switch (event.kind) {
    case 'send':
      return sendForModule(kernel, event.message)
    case 'receive':
      return receive(kernel, event.message)
    case 'send-failed':
      return failSend(kernel, event.error)
    case 'taken':
      return takenByModule(kernel, event.process, event.mail)
    case 'act':
      return event.instance.ended ? undefined : act(kernel, event.instance, event.action)
    case 'ask':
      return event.instance.ended ? undefined : ask(kernel, event.instance, event.question)
    case 'exited':
      return finish(kernel, event.instance, event.exit)
    case 'prepared':
      return finishPreparing(kernel, event.process, event.prepared)
    case 'not-prepared':
      return failPreparing(kernel, event.process, event.reason)
    case 'component-gone':
      return forgetGone(kernel, event.process)
    case 'booted':
      return finishBoot(kernel)
    case 'timer':
      if (event.timer.kind === 'restart') return restart(kernel, event.timer.subject)
      return expireContext(kernel, event.timer.process, event.timer.subject)
    case 'commit-failed':
      return noteUnwritten(kernel, event.changes, event.reason)
    case 'acknowledge':
      return confirm(kernel, event)
    case 'tick':
      lendToStuck(kernel)
      forgetFullAllowances(kernel)
      return keepUnwritten(kernel)
    default:
      return unreachable(event)
  }
}

function perform(kernel: Kernel, task: Task): void {
  switch (task.kind) {
    case 'command':
      return command(kernel, task.source, task.message)
    case 'component-read':
      return continueSpawn(kernel, task.parent, task.context, task.component)
    default:
      return unreachable(task)
  }
}

/** A runtime module sends, or the kernel itself; `our` as its source is this node. */
function sendForModule(kernel: Kernel, sent: Extract<KernelEvent, { kind: 'send' }>['message']): void {
  const message = { ...sent, source: resolveOur(kernel.ourName, sent.source) }
  const source = kernel.processes.get(formatProcessId(message.source.process))
  if (source === undefined || message.source.node !== kernel.ourName) {
    return print(kernel, 0, `dropped a message of ${formatProcessId(message.source.process)}, which does not run here`)
  }
  if (message.message.kind === 'request' && message.message.expectsResponse !== undefined && source !== kernel.self) {
    openContext(kernel, source, message)
  }
  send(kernel, source, message)
}

/**
 * The disk has what was given to it with this answer; but when something failed that it was given before, and may only be
 * on its way again, the answer waits for another commit.
 */
function confirm(kernel: Kernel, { message, failedCommits }: Acknowledgement): void {
  if (failedCommits === kernel.failedCommits) send(kernel, kernel.self, message)
  else kernel.acknowledgements.push(message)
}

/** What concerns processes is written again at the next tick; of state, whoever set it has been told. */
function noteUnwritten(kernel: Kernel, changes: readonly StoreChange[], reason: string): void {
  print(kernel, 0, `the store could not be written: ${reason}`)
  kernel.failedCommits += 1
  for (const change of changes) {
    if (change.kind === 'put-process') kernel.unwritten.add(change.process.id)
    else if (change.kind === 'remove-process') kernel.unwritten.add(change.id)
    else if (change.kind === 'put-capability' || change.kind === 'remove-capability')
      kernel.unwritten.add(change.holder)
  }
}
