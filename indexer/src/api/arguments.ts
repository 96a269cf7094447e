import { type Hex, type Namehash, NameError, formatError, isHex, namehash, parseName } from '@hyperware/protocol'
import { GraphQLError } from 'graphql'
import type { Slice } from './store.ts'

/** The most items one list may be asked for. */
export const FIRST_MAX = 1000

/** A mistake of the caller: its message goes out as it is. */
export function badInput(message: string, code = 'BAD_USER_INPUT'): GraphQLError {
  return new GraphQLError(message, { extensions: { code } })
}

/** The length of a list when the caller says null; one who says nothing gets the default of the schema. */
const FIRST_DEFAULT = 100

export type SliceArgs = { first: number | null; after?: string | null }

/** Reads `first` and `after`. Throws `GraphQLError`. */
export function readSlice(args: SliceArgs): Slice {
  const first = args.first ?? FIRST_DEFAULT
  if (first < 1 || first > FIRST_MAX) {
    throw badInput(`Cannot list with first ${first}: expected 1 to ${FIRST_MAX}; pass the last item as after for more`)
  }
  return { first, after: args.after ?? undefined }
}

/** The namehash of a name given as text. Throws `GraphQLError` with what is wrong with it. */
export function readName(text: string): Namehash {
  try {
    return namehash(parseName(text))
  } catch (error) {
    if (error instanceof NameError) throw badInput(formatError(error))
    throw error
  }
}

/** A namehash given as text. Throws `GraphQLError`. */
export function readNamehash(text: string): Hex {
  return readHex(text, 32, 'namehash')
}

/** An address given as text, in any case. Throws `GraphQLError`. */
export function readAddress(text: string): Hex {
  return readHex(text, 20, 'address')
}

function readHex(text: string, sizeBytes: number, what: string): Hex {
  const lower = text.toLowerCase()
  if (isHex(lower, sizeBytes)) return lower
  const shown = JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
  throw badInput(`Cannot read ${what} ${shown}: expected 0x and ${2 * sizeBytes} hexadecimal digits`)
}
