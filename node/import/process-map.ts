import {
  type Blob,
  type Capability,
  type Decoded,
  decodeAddress,
  decodeProcessId,
  formatProcessId,
  type OnExit,
  type OnExitRequest,
  type ProcessAddress,
  quote,
  type SignedCapability,
} from '@hyperware/protocol'
import type { StoredProcess } from '../kernel/store.ts'
import { type BincodeReader, decodeBincode } from './bincode.ts'

/** A process as the reference keeps it. */
export type ReferenceProcess = StoredProcess & { readonly capabilities: readonly SignedCapability[] }

/** The fewest bytes that one of these takes: its lengths, tags and numbers. */
const CAPABILITY_MIN_BYTES = 8 + 8
const SIGNED_CAPABILITY_MIN_BYTES = CAPABILITY_MIN_BYTES + 8
const ON_EXIT_REQUEST_MIN_BYTES = 8 + (1 + 1 + 8 + 1 + 8) + 1
const PROCESS_MIN_BYTES = 8 + (8 + 1 + 4 + 8 + 1)

/** Decodes what the reference keeps under `kernel:distro:sys`: all of its processes in one value (kernel.md section 10). */
export function decodeProcessMap(bytes: Uint8Array): Decoded<readonly ReferenceProcess[]> {
  return decodeBincode(bytes, (reader) => {
    const seen = new Set<string>()
    return reader.list(PROCESS_MIN_BYTES, () => {
      const process = readProcess(reader)
      if (seen.has(process.id)) reader.fail(`the process ${quote(process.id)} is there twice`)
      seen.add(process.id)
      return process
    })
  })
}

function readProcess(reader: BincodeReader): ReferenceProcess {
  const id = decodeProcessId(reader.text())
  if (!id.ok) return reader.fail(id.problem)
  return {
    id: formatProcessId(id.value),
    wasmBytesHandle: reader.text(),
    witVersion: reader.option(() => reader.u32()),
    onExit: readOnExit(reader),
    capabilities: readSignedCapabilities(reader),
    public: reader.bool(),
  }
}

function readOnExit(reader: BincodeReader): OnExit {
  switch (reader.variant(3)) {
    case 0:
      return { kind: 'none' }
    case 1:
      return { kind: 'restart' }
    default:
      return { kind: 'requests', requests: reader.list(ON_EXIT_REQUEST_MIN_BYTES, readOnExitRequest) }
  }
}

/** The signatures are left out: the kernel looks its own up when it sends the request. */
function readOnExitRequest(reader: BincodeReader): OnExitRequest {
  return {
    target: readAddress(reader),
    inherit: reader.bool(),
    expectsResponse: reader.option(() => reader.u64()),
    body: reader.bytes(),
    metadata: reader.option(() => reader.text()),
    capabilities: readSignedCapabilities(reader).map(({ capability }) => capability),
    blob: reader.option(readBlob),
  }
}

function readBlob(reader: BincodeReader): Blob {
  return { mime: reader.option(() => reader.text()), bytes: reader.bytes() }
}

/** A map and a list of pairs are written alike. */
function readSignedCapabilities(reader: BincodeReader): readonly SignedCapability[] {
  return reader.list(SIGNED_CAPABILITY_MIN_BYTES, () => ({
    capability: readCapability(reader),
    signature: reader.bytes(),
  }))
}

function readCapability(reader: BincodeReader): Capability {
  return { issuer: readAddress(reader), params: reader.text() }
}

function readAddress(reader: BincodeReader): ProcessAddress {
  const address = decodeAddress(reader.text())
  return address.ok ? address.value : reader.fail(address.problem)
}
