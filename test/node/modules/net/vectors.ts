import { hexToBytes } from '@hyperware/protocol'
import type { CryptoSuite } from '../../../../node/modules/net/crypto-suite.ts'
import type { HandshakeKeys } from '../../../../node/modules/net/noise.ts'
import vectors from '../../../conformance/handshake.json' with { type: 'json' }

export { vectors }

/** The fixed keys of one side of the recorded exchange. */
export function recordedKeys(suite: CryptoSuite, role: 'initiator' | 'responder'): HandshakeKeys {
  const side = vectors[role]
  return {
    staticKeys: suite.keyPairOf(hexToBytes(side.staticPrivate)),
    ephemeralKeys: suite.keyPairOf(hexToBytes(side.ephemeralPrivate)),
  }
}
