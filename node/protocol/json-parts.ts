import { decoded, quote, undecodable } from './errors.ts'
import { anyJson, byteArray, type JsonCodec, list, mapped, option, struct, text, tuple } from './json-codecs.ts'
import { formatJson, isJsonArray, type JsonValue } from './json.ts'
import type { Blob, Capability } from './messages.ts'
import {
  decodeAddress,
  decodeProcessId,
  formatAddress,
  formatProcessId,
  type PackageId,
  type ProcessAddress,
  type ProcessId,
} from './processes.ts'

/** Process ids and addresses are one string in JSON; a package id is an object (kernel.md section 2). */
export const processId: JsonCodec<ProcessId> = mapped(text, formatProcessId, decodeProcessId)
export const address: JsonCodec<ProcessAddress> = mapped(text, formatAddress, decodeAddress)
export const packageId: JsonCodec<PackageId> = struct<PackageId>({
  package: ['package_name', text],
  publisher: ['publisher_node', text],
})

export const capability: JsonCodec<Capability> = struct<Capability>({
  issuer: ['issuer', address],
  params: ['params', text],
})
export const capabilities: JsonCodec<readonly Capability[]> = list(capability)

const signed = tuple<readonly [Capability, Uint8Array]>(capability, byteArray)

/**
 * A capability alone, or a pair of it and its signature: live nodes write the one and live tools the other (kernel.md
 * section 7). The signature is left out, since whoever reads this makes or looks up its own.
 */
export const looseCapability: JsonCodec<Capability> = {
  toJson: capability.toJson,
  fromJson: (json, where) => (isJsonArray(json) ? signed.fromJson(json, where)[0] : capability.fromJson(json, where)),
}

export const blob: JsonCodec<Blob> = struct<Blob>({ mime: ['mime', option(text)], bytes: ['bytes', byteArray] })

/** An enum whose cases carry nothing: one of these words. */
export function unitEnum<const T extends string>(words: readonly T[]): JsonCodec<T> {
  return mapped<T, string>(
    text,
    (word) => word,
    (word) => {
      const found = words.find((candidate) => candidate === word)
      return found === undefined ? undecodable(`${quote(word)} is not one of ${words.join(', ')}`) : decoded(found)
    },
  )
}

/** What serde writes for `()`. */
export const nothing: JsonCodec<null> = mapped<null, JsonValue>(
  anyJson,
  () => null,
  (json) => (json === null ? decoded(null) : undecodable(`it is ${quote(formatJson(json))}, expected null`)),
)
