import type { Hex } from 'viem'
import { aggregate, callAccount } from './account-rules.ts'
import { encodeResult, word } from './abi.ts'
import type { Outcome } from './area.ts'
import { callHypermap, createAccount } from './hypermap-rules.ts'
import type { Message, Step } from './messages.ts'
import { atomically, attempt, type Model, revertEmpty } from './state.ts'

/** Makes a call on the model. */
export function playStep(model: Model, { actor, target, message }: Step): Outcome {
  model.logs.length = 0
  model.undo.length = 0
  const { ok, result } = attempt(model, () => send(model, actor, target, message))
  return { ok, result, logs: [...model.logs] }
}

/** Brings a message to whatever is at `target`; addresses without code take everything and return nothing. */
export function send(model: Model, caller: Hex, target: Hex, message: Message): Hex {
  const { hypermap, registry, multicall } = model.world
  return atomically(model, () => {
    if (target === hypermap) return callHypermap(model, caller, message)
    if (model.accounts.has(target)) return callAccount(model, { caller, self: target, message })
    if (target === registry) {
      return message.fn === 'createAccount' ? encodeResult(word(createAccount(model, message.entry))) : revertEmpty()
    }
    if (target === multicall) {
      return message.fn === 'aggregate3' ? aggregate(model, target, message) : revertEmpty()
    }
    return '0x'
  })
}
