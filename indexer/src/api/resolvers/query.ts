import { checksumAddress } from '@hyperware/protocol'
import { readSettings } from '../../../settings.ts'
import { isEmptyIdentity } from '../../derive/identity.ts'
import { type SliceArgs, badInput, readAddress, readName, readNamehash, readSlice } from '../arguments.ts'
import type { ApiContext } from '../context.ts'
import { findEntryOfAccount, findProgress, listIdentities, listOwned } from '../store.ts'
import { findIdentity } from './identity.ts'

const { deployment } = readSettings(process.env)

async function status() {
  const progress = await findProgress()
  const { chainId, contracts } = deployment
  return {
    chainId,
    hypermap: checksumAddress(contracts.Hypermap.address),
    block: progress?.block ?? 0,
    blockTime: progress?.blockTime ?? 0,
  }
}

export const Query = {
  entry: (_root: unknown, args: { name?: string | null; namehash?: string | null }, context: ApiContext) => {
    const { name, namehash: hash } = args
    if (typeof name === 'string' && typeof hash !== 'string') return context.entry(readName(name))
    if (typeof hash === 'string' && typeof name !== 'string') return context.entry(readNamehash(hash))
    const given = typeof name === 'string' ? 'both were given' : 'neither was given'
    throw badInput(`Cannot find entry: expected exactly one of name and namehash, but ${given}`)
  },

  entries: async (_root: unknown, args: SliceArgs & { parent: string | null }, context: ApiContext) => {
    const slice = readSlice(args)
    const items = await context.children(readName(args.parent ?? ''), slice)
    return { items, endCursor: items.length === slice.first ? (items.at(-1)?.label ?? null) : null }
  },

  nodeIdentity: (_root: unknown, args: { name: string }, context: ApiContext) =>
    findIdentity(context, readName(args.name)),

  nodeIdentities: async (_root: unknown, args: SliceArgs & { changedSince: number | null }, context: ApiContext) => {
    const changedSince = args.changedSince ?? 0
    const slice = readSlice(args)
    const rows = await listIdentities(changedSince, slice)
    // Someone who reads everything has no use for what is gone; someone who reads changes must learn of it.
    const present = await Promise.all(
      rows.map(
        async (row) => changedSince > 0 || !isEmptyIdentity(row) || (await context.problems(row.entry)).length > 0,
      ),
    )
    return {
      items: rows.filter((_row, index) => present[index]),
      endCursor: rows.length === slice.first ? (rows.at(-1)?.name ?? null) : null,
    }
  },

  account: (_root: unknown, args: { address: string }) => {
    const address = readAddress(args.address)
    return {
      address,
      tokenBoundEntry: () => findEntryOfAccount(address),
      entries: (list: SliceArgs) => listOwned(address, readSlice(list)),
    }
  },

  status,
}
