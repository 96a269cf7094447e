import { getAddress, isAddress, type Hex } from 'viem'
import type { Name } from '@hyperware/protocol'
import type { CommandIo } from '../cli/io.ts'
import { getRunningNetwork } from '../dev/network-file.ts'
import { CommandError } from '../errors.ts'
import { connectChain } from '../onchain/client.ts'
import { findEntry, getEntry, splitLabel } from '../onchain/entries.ts'
import { commitToName, expectZoneMints, mintAsOwner, mintThroughZone, waitForCommitment } from '../onchain/mint.ts'
import { chooseSigner, devAccount } from '../onchain/signers.ts'
import type { NamesMintOptions } from './names.ts'

/** Reads an address; one in mixed case must have the capital letters of EIP-55, which tell a slip of the pen. */
function parseOwner(text: string): Hex {
  if (isAddress(text)) return getAddress(text)
  const expected = isAddress(text, { strict: false })
    ? 'its capital letters are not those of this address; is there a slip in it?'
    : 'expected an address, 0x and 40 hexadecimal digits'
  throw new CommandError({ code: 'usage', argument: '--to', value: text }, `Cannot mint to "${text}": ${expected}`)
}

/** `names mint`. Says on the way what it waits for. */
export async function mintName(io: CommandIo, name: Name, options: NamesMintOptions): Promise<void> {
  const to = options.to === undefined ? undefined : parseOwner(options.to)
  const client = await connectChain(options.rpc ?? getRunningNetwork(options.network).chain.rpcUrl)
  const parent = await getEntry(client, splitLabel(name).parent)
  const existing = await findEntry(client, name)
  if (existing !== undefined) {
    const problem = { code: 'contract-reverted', error: 'NameAlreadyExists', args: [] } as const
    throw new CommandError(problem, `Cannot mint "${name}": it is minted already, and ${existing.owner} owns it`)
  }
  // Anybody may use a public minter, so there any development account will do.
  const owner = options.asOwner === true ? parent.owner : devAccount(0).address
  const signer = chooseSigner(client, options, { name: splitLabel(name).parent, owner })
  const request = { signer, name, to: to ?? signer.address, writes: [] }

  if (options.asOwner !== true) {
    await expectZoneMints(client, request)
    const commitment = await commitToName(client, request)
    if (commitment !== undefined) {
      io.err(`committed to "${name}"; a commitment may be used 16 s later`)
      await waitForCommitment(client, commitment, (seconds) => {
        if (options.json !== true) io.err(`  ${seconds} s left`)
      })
    }
  }
  const receipt = await (options.asOwner === true ? mintAsOwner : mintThroughZone)(client, request)
  const { tba } = await getEntry(client, name)
  if (options.json === true)
    io.out(JSON.stringify({ name, owner: request.to, tba, ...receipt, gasUsed: Number(receipt.gasUsed) }))
  else io.out(`minted ${name} in block ${receipt.block}: owner ${request.to}, account ${tba}`)
}
