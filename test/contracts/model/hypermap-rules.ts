import type { Hex } from 'viem'
import { byteString, bytes, encodeResult, topicOf, word } from './abi.ts'
import { runAccountCode } from './account-rules.ts'
import type { Message } from './messages.ts'
import { type Account, atomically, emit, type Model, put, Revert, revert, revertEmpty } from './state.ts'
import {
  approve,
  createToken,
  handOver,
  isOperatorFor,
  ownerOf,
  pad,
  requireAccepted,
  requireOwned,
  setApprovalForAll,
  transfer,
} from './tokens.ts'
import { accountOf, childOf, labelTopic, ZERO_ADDRESS } from './world.ts'

/** Hypermap as onchain.md section 2 has it. Throws `Revert`. */
export function callHypermap(model: Model, caller: Hex, message: Message): Hex {
  switch (message.fn) {
    case 'mint':
      return encodeResult(word(mint(model, caller, message)))
    case 'note':
    case 'fact':
      return encodeResult(word(write(model, caller, message)))
    case 'gene':
      setGene(model, caller, message.gene)
      return '0x'
    case 'transferFrom':
      transfer(model, caller, message)
      return '0x'
    case 'safeTransferFrom':
    case 'safeTransferFromWithData':
      transfer(model, caller, message)
      requireAccepted(model, message.to, message.id)
      return '0x'
    case 'approve':
      approve(model, caller, message)
      return '0x'
    case 'setApprovalForAll':
      setApprovalForAll(model, caller, message.operator, message.approved)
      return '0x'
    default:
      return readHypermap(model, message)
  }
}

function readHypermap(model: Model, message: Message): Hex {
  switch (message.fn) {
    case 'get': {
      const { entry } = message
      return encodeResult(word(tbaOf(model, entry)), word(ownerOf(model, entry)), bytes(dataOf(model, entry)))
    }
    case 'map': {
      const { entry } = message
      const gene = model.genes.get(entry) ?? ZERO_ADDRESS
      return encodeResult(word(tbaOf(model, entry)), word(gene), bytes(dataOf(model, entry)))
    }
    case 'tbaOf':
      return encodeResult(word(tbaOf(model, message.entry)))
    case 'ownerOf':
      return encodeResult(word(requireOwned(model, message.entry)))
    case 'getApproved':
      requireOwned(model, message.entry)
      return encodeResult(word(model.approvals.get(message.entry) ?? ZERO_ADDRESS))
    case 'tokenURI':
      requireOwned(model, message.entry)
      return encodeResult(bytes(dataOf(model, childOf(message.entry, '~metadata-uri'))))
    case 'balanceOf':
      if (message.owner === ZERO_ADDRESS) revert('ERC721InvalidOwner(address)', word(ZERO_ADDRESS))
      return encodeResult(word(model.balances.get(message.owner) ?? 0))
    case 'isApprovedForAll':
      return encodeResult(word(isOperatorFor(model, message.owner, message.operator)))
    default:
      return revertEmpty()
  }
}

/** The registry's part: an account may be created by anyone at any time. */
export function createAccount(model: Model, entry: Hex): Hex {
  const { world } = model
  const address = accountOf(world, entry)
  if (!model.accounts.has(address)) {
    put<Hex, Account>(model, model.accounts, address, {
      entry,
      implementation: undefined,
      executions: 0,
      initialized: false,
    })
    emit(
      model,
      world.registry,
      [
        topicOf('ERC6551AccountCreated(address,address,bytes32,uint256,address,uint256)'),
        pad(world.dispatcher),
        pad(world.hypermap),
        entry,
      ],
      encodeResult(word(address), word(entry), word(world.chainId)),
    )
  }
  return address
}

function mint(model: Model, caller: Hex, message: Extract<Message, { fn: 'mint' }>): Hex {
  const { to, label, init } = message
  requireLegal(label, 0)
  const parent = requireEntryOf(model, caller)
  const entry = childOf(parent, label)
  if (model.owners.has(entry)) revert('NameAlreadyExists()')

  const gene = model.genes.get(parent)
  if (gene !== undefined) put(model, model.genes, entry, gene)
  emit(
    model,
    model.world.hypermap,
    [topicOf('Mint(bytes32,bytes32,bytes,bytes)'), parent, entry, labelTopic(label)],
    encodeResult(bytes(byteString(label))),
  )
  const tba = createAccount(model, entry)
  createToken(model, model.world.hypermap, entry)
  giveCode(model, { entry, implementation: gene ?? message.implementation, init })
  handOver(model, { to, id: entry })
  return tba
}

/** While the initialization runs the entry belongs to Hypermap, which is the one that calls. */
function giveCode(
  model: Model,
  { entry, implementation, init }: { entry: Hex; implementation: Hex; init: Message | undefined },
): void {
  const { hypermap, implementations } = model.world
  const tba = accountOf(model.world, entry)
  try {
    atomically(model, () => {
      const { plain, upgradable, minter } = implementations
      if (![plain, upgradable, minter].includes(implementation)) revertEmpty()
      const blank: Account = { entry, implementation, executions: 0, initialized: false }
      put(model, model.accounts, tba, blank)
      emit(model, tba, [topicOf('Upgraded(address)'), pad(implementation)])
      if (init !== undefined) runAccountCode(model, { caller: hypermap, self: tba, message: init })
    })
  } catch (error) {
    if (error instanceof Revert) revert('FailedToInitializeTBA()')
    throw error
  }
}

function write(model: Model, caller: Hex, { fn, label, data }: Extract<Message, { fn: 'note' | 'fact' }>): Hex {
  const isNote = fn === 'note'
  if (label.length === 0) revert('LabelTooShort()')
  if (!label.startsWith(isNote ? '~' : '!')) revert(isNote ? 'NoteMustBeginWithTilde()' : 'FactMustBeginWithBang()')
  requireLegal(label, 1)
  const parent = requireEntryOf(model, caller)
  const key = childOf(parent, label)
  if (!isNote) {
    if (dataOf(model, key) !== '0x') revert('FactAlreadyExists()')
    if (data === '0x') revert('EmptyFact()')
  }
  put(model, model.data, key, data)
  model.touched.add(key)
  emit(
    model,
    model.world.hypermap,
    [topicOf(`${isNote ? 'Note' : 'Fact'}(bytes32,bytes32,bytes,bytes,bytes)`), parent, key, labelTopic(label)],
    encodeResult(bytes(byteString(label)), bytes(data)),
  )
  return key
}

function setGene(model: Model, caller: Hex, gene: Hex): void {
  const entry = requireEntryOf(model, caller)
  if (model.genes.has(entry)) revert('GeneAlreadySet()')
  if (gene !== ZERO_ADDRESS) put(model, model.genes, entry, gene)
  emit(model, model.world.hypermap, [topicOf('Gene(bytes32,address)'), entry, pad(gene)])
}

/** The entry whose account calls. */
function requireEntryOf(model: Model, caller: Hex): Hex {
  const account = model.accounts.get(caller)
  if (account === undefined || !model.owners.has(account.entry)) return revert('NotParent()')
  return account.entry
}

function requireLegal(label: string, prefixLength: number): void {
  if (label.length <= prefixLength) revert('LabelTooShort()')
  if (label.length > 63) revert('LabelTooLong()')
  if (!/^[0-9a-z-]+$/.test(label.slice(prefixLength)) || label.includes('\n')) revert('InvalidLabelCharacter()')
}

function tbaOf(model: Model, entry: Hex): Hex {
  return model.owners.has(entry) ? accountOf(model.world, entry) : ZERO_ADDRESS
}

function dataOf(model: Model, entry: Hex): Hex {
  return model.data.get(entry) ?? '0x'
}
