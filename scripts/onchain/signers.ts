import { readFileSync } from 'node:fs'
import { mnemonicToAccount, privateKeyToAccount } from 'viem/accounts'
import type { Hex, LocalAccount } from 'viem'
import { CommandError } from '../errors.ts'
import { DEV_CHAIN_ID } from '../dev/chain.ts'
import type { ChainClient } from './client.ts'

/** The phrase that development chains everywhere derive their accounts from. Everybody knows it: never for real value. */
const DEV_PHRASE = 'test test test test test test test test test test test junk'
export const DEV_ACCOUNTS = 10

/** One of the ten accounts that own everything on a development chain. */
export function devAccount(index: number): LocalAccount {
  const account = derived.get(index) ?? mnemonicToAccount(DEV_PHRASE, { addressIndex: index })
  derived.set(index, account)
  return account
}

/** Deriving one takes a few milliseconds. At most `DEV_ACCOUNTS` of them. */
const derived = new Map<number, LocalAccount>()

/** The account of a private key in a file. @throws CommandError `usage` when the file is unfit. */
export function readKeyFile(file: string): LocalAccount {
  const usage = (detail: string) =>
    new CommandError(
      { code: 'usage', argument: '--key-file', value: file },
      `Cannot read a signing key from "${file}": ${detail}`,
    )
  let text: string
  try {
    text = readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw usage((error as Error).message)
  }
  if (!/^0x[0-9a-f]{64}$/i.test(text)) throw usage('expected 0x and 64 hexadecimal digits')
  try {
    return privateKeyToAccount(text as Hex)
  } catch {
    throw usage('its number is not that of a key') // zero, or beyond the curve's order; the cause may quote it
  }
}

export type SignerChoice = { account?: number | undefined; keyFile?: string | undefined }

/**
 * Who signs: the key in a file, a development account by number, or else the development account that owns `owner`.
 *
 * @throws CommandError `no-signer` when no development account has that address; `usage` when the key file is unfit.
 */
export function chooseSigner(
  client: ChainClient,
  choice: SignerChoice,
  want: { name: string; owner: Hex },
): LocalAccount {
  if (choice.keyFile !== undefined) return readKeyFile(choice.keyFile)
  if (client.chainId === DEV_CHAIN_ID)
    return choice.account === undefined ? ownerAmongDevAccounts(want) : devAccount(choice.account)
  throw noSigner(want)
}

function noSigner(want: { name: string; owner: Hex }): CommandError {
  return new CommandError(
    { code: 'no-signer', name: want.name, owner: want.owner },
    `Cannot sign for "${want.name}": its owner ${want.owner} is not a development account`,
    { hint: 'give the private key of its owner in a file with --key-file' },
  )
}

/** The development account that owns an entry. @throws CommandError `no-signer`. */
export function ownerAmongDevAccounts(want: { name: string; owner: Hex }): LocalAccount {
  for (let index = 0; index < DEV_ACCOUNTS; index++) {
    const account = devAccount(index)
    if (account.address.toLowerCase() === want.owner.toLowerCase()) return account
  }
  throw noSigner(want)
}
