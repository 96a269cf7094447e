import type { Name } from '@hyperware/protocol'
import type { ChainClient } from '../../onchain/client.ts'
import { findEntry, getEntry, splitLabel, type LabelledData } from '../../onchain/entries.ts'
import { commitToName, mintAsOwner, mintThroughZone, waitForCommitment } from '../../onchain/mint.ts'
import { devAccount, ownerAmongDevAccounts } from '../../onchain/signers.ts'
import { figureEntries, type SeedEntry } from './figures.ts'
import { ensureZones } from './zones.ts'

/** A node whose name is minted through the public minter. Its notes are asked for when they are needed. */
export type SeedNode = { name: Name; owner: number; writes: () => Promise<readonly LabelledData[]> }

export type SeedReport = (what: string) => void

/** Mints an entry with all its notes in one transaction, as the owner of its parent. */
async function mintFigure(client: ChainClient, entry: SeedEntry): Promise<void> {
  const parent = await getEntry(client, splitLabel(entry.name).parent)
  const signer = ownerAmongDevAccounts(parent)
  await mintAsOwner(client, { signer, name: entry.name, to: devAccount(entry.owner).address, writes: entry.writes })
}

/**
 * Brings the zones, the trees of the paper and the nodes' names onto the chain. Looks before each step, so it can be run
 * again at any time, also after dying half-way: an entry that exists has its notes, since both come with one
 * transaction, and whatever was written to it since stays as it is.
 *
 * The nodes' names are committed to first; the trees are minted while the commitments ripen.
 */
export async function seed(client: ChainClient, nodes: readonly SeedNode[], report: SeedReport): Promise<void> {
  report('zones')
  await ensureZones(client)

  const missing: SeedNode[] = []
  for (const node of nodes) {
    if ((await findEntry(client, node.name)) !== undefined) continue
    report(`commit to ${node.name}`)
    await commitToName(client, { signer: devAccount(node.owner), name: node.name })
    missing.push(node)
  }
  for (const entry of figureEntries()) {
    if ((await findEntry(client, entry.name)) !== undefined) continue
    report(entry.name)
    await mintFigure(client, entry)
  }
  for (const node of missing) {
    const signer = devAccount(node.owner)
    // Asked for again, since an old commitment found above may have expired meanwhile.
    const commitment = await commitToName(client, { signer, name: node.name })
    if (commitment !== undefined) {
      await waitForCommitment(client, commitment, (seconds) => report(`${node.name} in ${seconds} s, as its zone asks`))
    }
    report(node.name)
    const writes = await node.writes() // now, since the ports in them should be free when the node starts
    await mintThroughZone(client, { signer, name: node.name, to: signer.address, writes })
  }
}
