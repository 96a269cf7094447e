import type { Hex } from 'viem'
import { byteString, bytes, topicOf, word } from '../abi.ts'
import { emit, put, revert, revertEmpty } from '../state.ts'
import { pad } from '../tokens.ts'
import { ZERO_ADDRESS } from '../world.ts'
import type { AuctionMessage } from './messages.ts'
import type { AuctionModel, Phases } from './state.ts'

/** The phases of governance, as section 9.3 of the paper and IPhases have them. */

export function phasesOf(model: AuctionModel): Phases {
  const phases = model.phases.get('phases')
  if (phases === undefined) throw new Error('no phases, expected some')
  return phases
}

/** The steward in phase 1, whoever executes votes later. */
export function keeperOf(model: AuctionModel): Hex {
  const { steward, timelock } = model.world
  return phasesOf(model).phase === 1 ? steward : timelock
}

export function mayPropose(model: AuctionModel, account: Hex): boolean {
  const { phase, listed, listRemoved } = phasesOf(model)
  return phase === 3 || (phase === 2 && (listRemoved || listed.includes(account)))
}

export function callPhases(model: AuctionModel, caller: Hex, message: AuctionMessage): Hex {
  const phases = phasesOf(model)
  const change = (changed: Partial<Phases>) => put(model, model.phases, 'phases', { ...phases, ...changed })
  const log = (signature: string, ...topics: Hex[]) => emit(model, model.world.phases, [topicOf(signature), ...topics])
  const requireKeeper = () => {
    const keeper = keeperOf(model)
    if (caller !== keeper) revert('NotKeeper(address,address)', word(caller), word(keeper))
  }
  switch (message.fn) {
    case 'advance':
      requireKeeper()
      if (message.next !== BigInt(phases.phase + 1) || message.next > 3n) {
        revert('NotNextPhase(uint8,uint8)', word(message.next), word(phases.phase))
      }
      change({ phase: Number(message.next) })
      log('PhaseBegan(uint8)', `0x${word(message.next)}`)
      return '0x'
    case 'setTreasury':
      requireKeeper()
      requireGiven(message.account, 'treasury')
      change({ treasury: message.account })
      log('TreasurySet(address,address)', pad(phases.treasury), pad(message.account))
      return '0x'
    case 'addProposer':
      requireKeeper()
      requireGiven(message.account, 'proposer')
      if (phases.listed.includes(message.account)) revert('AlreadyProposer(address)', word(message.account))
      change({ listed: [...phases.listed, message.account] })
      log('ProposerAdded(address)', pad(message.account))
      return '0x'
    case 'removeProposer':
      requireKeeper()
      if (!phases.listed.includes(message.account)) revert('NotOnList(address)', word(message.account))
      if (phases.listed.length === 1) revert('LastProposer(address)', word(message.account))
      change({ listed: phases.listed.filter((account) => account !== message.account) })
      log('ProposerRemoved(address)', pad(message.account))
      return '0x'
    case 'removeProposerList':
      requireKeeper()
      if (phases.phase !== 2 || phases.listRemoved) revert('NoListToRemove(uint8)', word(phases.phase))
      change({ listRemoved: true })
      log('ProposerListRemoved()')
      return '0x'
    default:
      return revertEmpty()
  }
}

function requireGiven(account: Hex, what: string): void {
  if (account === ZERO_ADDRESS) revert('ZeroAddress(string)', bytes(byteString(what)))
}
