import { InvalidArgumentError } from 'commander'
import { checksumAddress, type Hex } from '@hyperware/protocol'

const ACCOUNTS_MAX = 20
const HYPR_DECIMALS = 18

/** Reads an address, of somebody: not zero. */
export function addressArgument(text: string): Hex {
  if (/^0x[0-9a-fA-F]{40}$/.test(text)) {
    const address = checksumAddress(text as Hex)
    if (BigInt(text) !== 0n && (text === address || text === text.toLowerCase())) return address
  }
  throw new InvalidArgumentError(
    'Expected an address other than zero, 0x and 40 hexadecimal digits, capital letters as in EIP-55.',
  )
}

/** Reads addresses between commas, each once. */
export function addressesArgument(text: string): readonly Hex[] {
  const addresses = text.split(',').map((part) => addressArgument(part.trim()))
  if (new Set(addresses).size === addresses.length && addresses.length <= ACCOUNTS_MAX) return addresses
  throw new InvalidArgumentError(`Expected at most ${ACCOUNTS_MAX} addresses, none of them twice.`)
}

/** Reads an amount of HYPR, such as `1000` or `0.5`, as base units. */
export function hyprArgument(text: string): bigint {
  const [, whole, fraction = ''] = /^(\d{1,10})(?:\.(\d{1,18}))?$/.exec(text) ?? []
  if (whole !== undefined) return BigInt(`${whole}${fraction.padEnd(HYPR_DECIMALS, '0')}`)
  throw new InvalidArgumentError('Expected an amount of HYPR, such as 1000 or 0.5.')
}
