import type { OptionalContractName } from '@hyperware/deployments'
import type { Hex } from 'viem'
import type { CommandIo } from '../cli/io.ts'
import { getRunningNetwork } from '../dev/network-file.ts'
import { CommandError } from '../errors.ts'
import { type AuctionKind, type AuctionTerms, encodeAuction, lotOf } from '../onchain/auctions.ts'
import { type ChainClient, connectChain } from '../onchain/client.ts'
import { chooseSigner, devAccount } from '../onchain/signers.ts'
import { transact } from '../onchain/transact.ts'
import type { AuctionDeployOptions, AuctionKindName } from './auction.ts'

/** `auction deploy`. What the terms must be, the contract says itself, before anything is paid. */
export async function deployAuction(
  io: CommandIo,
  { kind, labels }: { kind: AuctionKindName; labels: readonly string[] },
  options: AuctionDeployOptions,
): Promise<void> {
  const details = kindOf(kind, options)
  const client = await connectChain(options.rpc ?? getRunningNetwork(options.network).chain.rpcUrl)
  const terms: AuctionTerms = {
    hypermap: client.deployment.contracts.Hypermap.address,
    hypr: addressOf(client, 'Hypr'),
    phases: addressOf(client, 'Phases'),
    timelock: addressOf(client, 'Timelock'),
    lot: lotOf(labels),
    reserve: options.reserve,
    durationSeconds: options.duration,
  }
  const typedProposals = addressOf(client, 'TypedProposals')
  const signer = chooseSigner(client, options, { name: labels.join(', '), owner: devAccount(0).address })
  const doing = `deploy the ${kind} auction of ${labels.join(', ')}`
  const { contract, ...receipt } = await transact(client, { signer, data: encodeAuction(terms, details), doing })
  if (options.json === true) {
    io.out(
      JSON.stringify({
        kind,
        auction: contract,
        lot: terms.lot,
        typedProposals,
        ...receipt,
        gasUsed: Number(receipt.gasUsed),
      }),
    )
    return
  }
  io.out(`${kind} auction of ${labels.join(', ')} at ${contract}, in block ${receipt.block}`)
  io.out(`propose it with its zones: TypedProposals at ${typedProposals}, proposeZones`)
}

/** What only this kind needs. @throws CommandError `usage` for an option that it cannot do without. */
function kindOf(kind: AuctionKindName, options: AuctionDeployOptions): AuctionKind {
  const rising = { incrementBps: options.increment, timeBufferSeconds: options.buffer }
  const need = <T>(argument: string, value: T | undefined): T => {
    if (value !== undefined) return value
    throw new CommandError(
      { code: 'usage', argument, value: '' },
      `Cannot deploy a ${kind} auction: ${argument} is missing`,
      { hint: '"hyperware auction deploy --help" has an example of each kind' },
    )
  }
  switch (kind) {
    case 'english':
      return { kind, ...rising }
    case 'dutch':
      return { kind, startPrice: need('--start-price', options.startPrice) }
    case 'sealed':
      return { kind, revealSeconds: need('--reveal', options.reveal) }
    case 'lease':
      return {
        kind,
        ...rising,
        periodSeconds: need('--period', options.period),
        periods: need('--periods', options.periods),
        graceSeconds: need('--grace', options.grace),
      }
  }
}

function addressOf({ deployment, chainId }: ChainClient, contract: OptionalContractName): Hex {
  const deployed = deployment.contracts[contract]
  if (deployed !== undefined) return deployed.address
  throw new CommandError(
    { code: 'not-deployed', contract, chainId },
    `Cannot find ${contract} on chain ${chainId}: the catalogue does not list it`,
    { hint: 'only a deployment with governance has auctions: see "hyperware deploy --help"' },
  )
}
