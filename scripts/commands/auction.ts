import { Argument, type Command, InvalidArgumentError } from 'commander'
import type { CommandIo } from '../cli/io.ts'
import { hyprArgument } from '../cli/chain-options.ts'
import { accountOption, integerArgument, jsonOption, nameArgument, networkOption, rpcOption } from '../cli/options.ts'

export const AUCTION_KINDS = ['english', 'dutch', 'sealed', 'lease'] as const

const DEPLOY_HELP = `
One contract is one auction, so that everybody can read its terms before they vote. It takes bids in HYPR, returns what is
not sold to the timelock, and opens when the zones are minted to it:

  1 deploy the auction; nothing is sold by that, and anybody may
  2 propose it with its zones: TypedProposals.proposeZones(zones, auction, description)
  3 vote, queue, execute; the last mint opens the auction

Kinds: english, the highest open bid wins; dutch, a falling price; sealed, the highest hidden bid pays the second highest;
lease, as english, for rent per period.

Examples:
  npm run hyperware -- auction deploy english news --reserve 1000 --duration 604800
  npm run hyperware -- auction deploy dutch news games --reserve 1000 --start-price 50000 --duration 604800
  npm run hyperware -- auction deploy sealed news --reserve 1000 --duration 604800 --reveal 172800
  npm run hyperware -- auction deploy lease news --reserve 10 --duration 604800 --period 2592000 --periods 12 --grace 604800`

export type AuctionDeployOptions = {
  network: string
  rpc?: string
  account?: number
  keyFile?: string
  reserve: bigint
  duration: number
  increment: number
  buffer: number
  startPrice?: bigint
  reveal?: number
  period?: number
  periods?: number
  grace?: number
  json?: true
}

export type AuctionKindName = (typeof AUCTION_KINDS)[number]

/** Collects the labels of top-level zones. */
function labelsArgument(text: string, before: readonly string[] | undefined): readonly string[] {
  const label = nameArgument(text)
  if (label.includes('.')) throw new InvalidArgumentError('Expected the label of a top-level zone, such as "news".')
  return [...(before ?? []), label]
}

/** Bounds are the contracts' own to check, and to tell; here only what fits. */
const seconds = integerArgument(0, 999_999_999)

export function addAuctionCommand(program: Command, io: CommandIo): void {
  const auction = program.command('auction').description('Auctions of top-level zones, for governance to decide on.')
  auction
    .command('deploy')
    .description('Put the contract of one auction onto the chain, for a proposal to name.')
    .addArgument(new Argument('<kind>', 'kind of auction').choices(AUCTION_KINDS))
    .argument('<zones...>', 'labels of the zones for sale, which do not exist yet', labelsArgument)
    .requiredOption('--reserve <hypr>', 'least price; of a lease, least rent per period', hyprArgument)
    .requiredOption('--duration <seconds>', 'for bidding, from the opening on', seconds)
    .option('--increment <bps>', 'english, lease: least rise of a bid, in hundredths of a percent', seconds, 500)
    .option('--buffer <seconds>', 'english, lease: time that remains after every bid', seconds, 900)
    .option('--start-price <hypr>', 'dutch: price at the opening', hyprArgument)
    .option('--reveal <seconds>', 'sealed: for reveals, after bidding', seconds)
    .option('--period <seconds>', 'lease: what one payment of rent lasts', seconds)
    .option('--periods <n>', 'lease: most periods', seconds)
    .option('--grace <seconds>', 'lease: time to pay late', seconds)
    .addOption(networkOption())
    .addOption(rpcOption())
    .addOption(accountOption())
    .option('--key-file <file>', 'file with the private key that signs, 0x and 64 digits')
    .addOption(jsonOption())
    .addHelpText('after', DEPLOY_HELP)
    .action(async (kind: AuctionKindName, labels: readonly string[], options: AuctionDeployOptions) => {
      const { deployAuction } = await import('./auction-deploy.ts')
      await deployAuction(io, { kind, labels }, options)
    })
}
