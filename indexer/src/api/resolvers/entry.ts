import { type Hex, checksumAddress } from '@hyperware/protocol'
import { deriveText } from '../../derive/text.ts'
import { type SliceArgs, readSlice } from '../arguments.ts'
import type { ApiContext } from '../context.ts'
import type { EntryRow, FactRow, NoteRow } from '../store.ts'
import { type IdentityObject, findIdentity } from './identity.ts'

export const Entry = {
  kind: () => 'name',
  owner: ({ owner }: EntryRow) => checksumAddress(owner),
  tba: ({ tba }: EntryRow) => checksumAddress(tba),
  gene: ({ gene }: EntryRow) => (gene === null ? null : checksumAddress(gene)),
  parent: ({ parent }: EntryRow, _args: unknown, context: ApiContext) =>
    parent === null ? null : context.entry(parent),
  notes: ({ namehash }: EntryRow, args: SliceArgs, context: ApiContext) => context.notes(namehash, readSlice(args)),
  facts: ({ namehash }: EntryRow, args: SliceArgs, context: ApiContext) => context.facts(namehash, readSlice(args)),
  children: ({ namehash }: EntryRow, args: SliceArgs, context: ApiContext) =>
    context.children(namehash, readSlice(args)),
  nodeIdentity: ({ namehash }: EntryRow, _args: unknown, context: ApiContext): Promise<IdentityObject | null> =>
    findIdentity(context, namehash),
}

export const Note = { text: ({ data }: NoteRow) => deriveText(data) }

export const Fact = { text: ({ data }: FactRow) => deriveText(data) }

export const Account = {
  address: ({ address }: { address: Hex }) => checksumAddress(address),
}
