import { type Codec, mapped, text } from './codecs.ts'
import { decoded, quote, undecodable } from './errors.ts'
import { type Name, describeNameProblem, findNameProblem } from './names.ts'
import { type ProcessAddress, decodeAddress, formatAddress } from './processes.ts'

/** The longest address taken from another node, in characters. Names have 255 at most; live nodes have no such bound. */
export const ADDRESS_MAX_LENGTH = 1_024

/** An address: one string. A malformed one fails the whole message (net.md section 6.1). */
export const address: Codec<ProcessAddress> = mapped(text, formatAddress, (value) =>
  value.length > ADDRESS_MAX_LENGTH
    ? undecodable(`address ${quote(value)} has ${value.length} characters, expected ${ADDRESS_MAX_LENGTH} at most`)
    : decodeAddress(value),
)

/** A name we are going to believe in, so that it has to be one. */
export const name: Codec<Name> = mapped(
  text,
  (value: Name): string => value,
  (value) => {
    const problem = findNameProblem(value)
    if (problem === undefined) return decoded(value as Name)
    return undecodable(`${quote(value)} is not a name: ${describeNameProblem(problem)}`)
  },
)

/** A pair, which unlike a struct has no map form. */
export function pair<A, B>(what: string, first: Codec<A>, second: Codec<B>): Codec<readonly [A, B]> {
  return {
    write: (sink, [a, b]) => {
      sink.arrayHeader(2)
      first.write(sink, a)
      second.write(sink, b)
    },
    read: (reader) => {
      const start = reader.offset
      const length = reader.arrayLength()
      if (length !== 2) reader.fail(`${what} has ${length} elements, expected 2`, start)
      return [first.read(reader), second.read(reader)]
    },
  }
}
