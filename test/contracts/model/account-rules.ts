import type { Hex } from 'viem'
import { array, bytes, encodeResult, topicOf, tuple, word } from './abi.ts'
import type { Call, Message } from './messages.ts'
import { type Account, attempt, emit, type Model, put, Revert, revert, revertEmpty } from './state.ts'
import { pad, requireOwned } from './tokens.ts'

type Visit = { caller: Hex; self: Hex; message: Message }

/** A message to an account that exists, as onchain.md section 3 has it. Throws `Revert`. */
export function callAccount(model: Model, visit: Visit): Hex {
  if (accountAt(model, visit.self).implementation === undefined) {
    return revert('NotHypermapCaller(address)', word(visit.caller))
  }
  return runAccountCode(model, visit)
}

/** What the code of an account does with a message. */
export function runAccountCode(model: Model, visit: Visit): Hex {
  const { self, message } = visit
  const account = accountAt(model, self)
  switch (message.fn) {
    case 'execute':
      return execute(model, visit, message)
    case 'executeCall':
      requireOperator(model, visit)
      countExecution(model, self, message.call)
      model.send(model, self, message.call.target, message.call.message)
      return '0x'
    case 'executeBatch':
      return executeBatch(model, visit, message.calls)
    case 'state':
      return encodeResult(word(account.executions))
    case 'isOperator':
      return encodeResult(word(requireOwned(model, account.entry) === message.signer))
    default:
      return account.implementation === model.world.implementations.plain
        ? revertEmpty()
        : runUpgradableCode(model, visit)
  }
}

function runUpgradableCode(model: Model, visit: Visit): Hex {
  const { self, message } = visit
  const account = accountAt(model, self)
  switch (message.fn) {
    case 'initialize':
      if (account.initialized) revert('InvalidInitialization()')
      put(model, model.accounts, self, { ...account, initialized: true })
      emit(model, self, [topicOf('Initialized(uint64)')], encodeResult(word(1)))
      return '0x'
    case 'upgradeToAndCall':
      return upgrade(model, visit, message)
    case 'mint':
      if (account.implementation !== model.world.implementations.minter) return revertEmpty()
      return model.send(model, self, model.world.hypermap, message)
    default:
      return revertEmpty()
  }
}

function upgrade(model: Model, visit: Visit, message: Extract<Message, { fn: 'upgradeToAndCall' }>): Hex {
  const { caller, self } = visit
  const { implementation, init } = message
  const { plain, upgradable, minter } = model.world.implementations
  const account = accountAt(model, self)
  if (requireOwned(model, account.entry) !== caller) revert('NotOperator(address)', word(caller))
  if (implementation === plain) revert('ERC1967InvalidImplementation(address)', word(implementation))
  if (implementation !== upgradable && implementation !== minter) revertEmpty()
  put(model, model.accounts, self, { ...account, implementation })
  emit(model, self, [topicOf('Upgraded(address)'), pad(implementation)])
  if (init === undefined) return '0x'
  try {
    runAccountCode(model, { caller, self, message: init })
  } catch (error) {
    if (error instanceof Revert && error.data === '0x') return revert('FailedCall()')
    throw error
  }
  return '0x'
}

function execute(model: Model, visit: Visit, message: Extract<Message, { fn: 'execute' }>): Hex {
  const { self } = visit
  const { call, operation } = message
  requireOperator(model, visit)
  if (operation > 1) revert('Error(string)', bytes(`0x${Buffer.from('Invalid operation').toString('hex')}`))
  countExecution(model, self, operation === 0 ? call : undefined)
  const result =
    operation === 0 ? model.send(model, self, call.target, call.message) : runForeignCode(model, self, call)
  return encodeResult(bytes(result))
}

/** Delegatecalls of accounts go to Multicall3 alone here; its calls are then the account's. */
function runForeignCode(model: Model, self: Hex, { target, message }: Call): Hex {
  if (target !== model.world.multicall || message.fn !== 'aggregate3') throw new Error(`not modelled: ${message.fn}`)
  return aggregate(model, self, message)
}

/** `aggregate3` of Multicall3, whose calls come from `caller`. */
export function aggregate(model: Model, caller: Hex, { calls }: Extract<Message, { fn: 'aggregate3' }>): Hex {
  const results = calls.map(({ target, message, allowFailure }) => {
    const { ok, result } = attempt(model, () => model.send(model, caller, target, message))
    if (!ok && !allowFailure) {
      revert('Error(string)', bytes(`0x${Buffer.from('Multicall3: call failed').toString('hex')}`))
    }
    return tuple([word(ok), bytes(result)])
  })
  return encodeResult(array(results))
}

function executeBatch(model: Model, visit: Visit, calls: readonly Call[]): Hex {
  requireOperator(model, visit)
  countExecution(model, visit.self)
  for (const [index, { target, message }] of calls.entries()) {
    const { ok, result } = attempt(model, () => model.send(model, visit.self, target, message))
    if (ok) continue
    if (calls.length === 1) throw new Revert(result)
    revert('ExecuteError(uint256,bytes)', word(index), bytes(result))
  }
  return '0x'
}

/** Only the owner of the entry acts through its account; approvals give nobody else that power. */
function requireOperator(model: Model, { caller, self }: Visit): void {
  if (requireOwned(model, accountAt(model, self).entry) !== caller) revert('NotOperatorOrEntryPoint()')
}

function countExecution(model: Model, self: Hex, call?: Call): void {
  const { hypermap, countsNotes } = model.world
  if (call?.target === hypermap && call.message.fn === 'note' && !countsNotes) return
  const account = accountAt(model, self)
  put(model, model.accounts, self, { ...account, executions: account.executions + 1 })
}

function accountAt(model: Model, address: Hex): Account {
  const account = model.accounts.get(address)
  if (account === undefined) throw new Error(`no account at ${address}, expected one that exists`)
  return account
}
