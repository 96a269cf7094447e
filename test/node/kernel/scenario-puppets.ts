import { type Blob, formatError, HyperwareError, utf8ToBytes } from '@hyperware/protocol'
import type {
  GuestAction,
  GuestAnswer,
  GuestEvent,
  GuestExit,
  GuestKernel,
  GuestQuestion,
  GuestRunner,
  PreparedGuest,
} from '../../../node/kernel/guest.ts'
import { capabilityOf, guestParts, guestRequest, guestSend, onExitOf, spawnQuestion } from './scenario-form.ts'
import type { Cast } from './scenario-gate.ts'
import { type Report, REPORT_VERBOSITY, reportAnswer, reportStart, seenBlob } from './scenario-report.ts'
import type { GuestCall, Script } from './scenario-script.ts'

const IDLE = 'component:idle'

type PreparedPuppet = PreparedGuest & { readonly script: Script }

class NotAPuppet extends HyperwareError<{ code: 'not-a-puppet'; text: string }> {}

/** Guests in this thread that speak to the kernel itself, without a component host. Their components are their scripts. */
export function castPuppets(): Cast {
  return {
    runner: puppetRunner,
    idle: utf8ToBytes(IDLE),
    puppet: (script) => utf8ToBytes(JSON.stringify(script)),
    close: () => Promise.resolve(),
  }
}

const puppetRunner: GuestRunner<PreparedPuppet> = {
  prepare(wasm) {
    const text = new TextDecoder().decode(wasm)
    if (text === IDLE) return Promise.resolve({ sizeBytes: wasm.length, script: [] })
    if (text.startsWith('[')) return Promise.resolve({ sizeBytes: wasm.length, script: JSON.parse(text) as Script })
    return Promise.reject(new NotAPuppet({ code: 'not-a-puppet', text }, `Cannot prepare "${text}": expected a script`))
  },
  start({ prepared, our, kernel }) {
    let killed = false
    const act = (action: GuestAction): void => void (killed || kernel.act(action))
    const report = (seen: Report): void =>
      act({ kind: 'print', verbosity: REPORT_VERBOSITY, text: JSON.stringify(seen) })
    // The instance begins after `start` has returned, as a thread would.
    queueMicrotask(() => {
      if (killed) return
      if (prepared.script.length > 0) report(reportStart(our))
      perform(prepared.script, { ...kernel, act }, report).then(
        (exit) => void (killed || kernel.exited(exit)),
        (error: unknown) => void (killed || kernel.exited({ kind: 'trapped', reason: formatError(error) })),
      )
    })
    return {
      kill() {
        killed = true
        return Promise.resolve()
      },
      usage: () => Promise.resolve({ cpuMs: 0, memoryBytes: 0 }),
      giveCredit: () => undefined,
    }
  },
}

async function perform(script: Script, kernel: GuestKernel, report: (report: Report) => void): Promise<GuestExit> {
  let blob: Blob | undefined
  for (let at = 0; ; at += 1) {
    const call = script[at] ?? { receive: true }
    if ('exit' in call) return call.exit === 'returned' ? { kind: 'returned' } : { kind: 'trapped', reason: 'told to' }
    const [name = ''] = Object.keys(call)
    const said = sayingOf(call)
    if ('action' in said) {
      kernel.act(said.action)
      report({ call: name, blob: seenBlob(blob) })
      continue
    }
    const answer = await new Promise<GuestAnswer>((resolve) => kernel.ask(said.question, resolve))
    if (answer.kind === 'trap') return { kind: 'trapped', reason: answer.reason }
    if (answer.kind === 'event') blob = blobIn(answer.event)
    report({ ...reportAnswer(name, answer), blob: seenBlob(blob) })
  }
}

function blobIn(event: GuestEvent): Blob | undefined {
  if (event.kind === 'send-error') return undefined
  return event.kind === 'request' ? event.request.blob : event.response.blob
}

type Saying = { readonly action: GuestAction } | { readonly question: GuestQuestion }

function sayingOf(call: Exclude<GuestCall, { exit: unknown }>): Saying {
  if ('send' in call) return { action: { kind: 'send', requests: [guestSend(call.send)] } }
  if ('sendAll' in call) return { action: { kind: 'send', requests: call.sendAll.map(guestSend) } }
  if ('respond' in call) return { action: { kind: 'respond', response: guestParts(call.respond) } }
  if ('save' in call) return { action: { kind: 'save-capabilities', capabilities: call.save.map(capabilityOf) } }
  if ('drop' in call) return { action: { kind: 'drop-capabilities', capabilities: call.drop.map(capabilityOf) } }
  if ('setOnExit' in call) return { action: { kind: 'set-on-exit', onExit: onExitOf(call.setOnExit) } }
  if ('getOnExit' in call) return { question: { kind: 'get-on-exit' } }
  if ('receive' in call) return { question: { kind: 'receive' } }
  if ('await' in call) return { question: { kind: 'send-and-await', request: guestRequest(call.await) } }
  if ('getState' in call) return { question: { kind: 'get-state' } }
  if ('setState' in call) return { question: { kind: 'set-state', bytes: utf8ToBytes(call.setState) } }
  if ('clearState' in call) return { question: { kind: 'clear-state' } }
  if ('capabilities' in call) return { question: { kind: 'our-capabilities' } }
  return { question: spawnQuestion(call.spawn) }
}
