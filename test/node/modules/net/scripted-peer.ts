import { decodeKernelMessage, encodeHandshakePayload, encodeKernelMessage } from '@hyperware/protocol'
import type { HandshakePayload, KernelMessage } from '@hyperware/protocol'
import { nodeCrypto } from '../../../../node/modules/net/crypto-node.ts'
import { FrameReader, addChunk, frameParts, messageParts, startMessage } from '../../../../node/modules/net/framing.ts'
import { openChunk, readMessage2, sealChunk, writeMessage1, writeMessage3 } from '../../../../node/modules/net/noise.ts'
import type { CipherState, HandshakeKeys } from '../../../../node/modules/net/noise.ts'
import { connectRaw } from './network.ts'
import type { Keys, RawClient, TestNode } from './network.ts'

/** A peer whose every word the test chooses: it dials a node and can break any rule on the way. */
export class ScriptedPeer {
  readonly client: RawClient
  readonly #reader = new FrameReader()
  #taken = 0
  #send: CipherState | undefined
  #receive: CipherState | undefined

  constructor(client: RawClient) {
    this.client = client
  }

  static async connect(node: TestNode): Promise<ScriptedPeer> {
    return new ScriptedPeer(await connectRaw(node))
  }

  writeFrames(...frames: readonly Uint8Array[]): void {
    this.client.socket.write(Buffer.concat(frameParts(frames)))
  }

  /** Shakes hands as `name`; the payload of message 3 can be changed or replaced by other bytes. */
  async shakeHands(
    name: string,
    keys: Keys,
    change: Partial<HandshakePayload> | Uint8Array | ((payload: Uint8Array) => Uint8Array) = {},
  ): Promise<void> {
    const noiseKeys = freshKeys()
    const { state, message } = writeMessage1(nodeCrypto, noiseKeys)
    this.writeFrames(message)
    const answer = readMessage2(nodeCrypto, state, await this.frame())
    if (!answer.ok) throw new Error(answer.problem)
    const payload: HandshakePayload = {
      protocolVersion: 1,
      name,
      signature: nodeCrypto.sign(keys.seed, noiseKeys.staticKeys.publicKey),
      proxyRequest: false,
    }
    const encoded =
      change instanceof Uint8Array
        ? change
        : typeof change === 'function'
          ? change(encodeHandshakePayload(payload))
          : encodeHandshakePayload({ ...payload, ...change })
    const last = writeMessage3(nodeCrypto, answer.value.state, encoded)
    if (!last.ok) throw new Error(last.problem)
    this.#send = last.value.transport.send
    this.#receive = last.value.transport.receive
    this.writeFrames(last.value.message)
  }

  /** Sends bytes as one message, in chunks of `chunkBytes` of plaintext. */
  sendEncoded(encoded: Uint8Array, chunkBytes = 65_519): void {
    this.client.socket.write(Buffer.concat(messageParts(encoded.length, this.seal(encoded, chunkBytes))))
  }

  send(message: KernelMessage, chunkBytes?: number): void {
    this.sendEncoded(encodeKernelMessage(message), chunkBytes)
  }

  /** The next chunks of ours, sealed. */
  seal(plaintext: Uint8Array, chunkBytes = 65_519): Uint8Array[] {
    const chunks: Uint8Array[] = []
    for (let at = 0; at < plaintext.length; at += chunkBytes) {
      if (this.#send === undefined) throw new Error('the handshake is not finished')
      const { cipher, ciphertext } = sealChunk(nodeCrypto, this.#send, plaintext.subarray(at, at + chunkBytes))
      this.#send = cipher
      chunks.push(ciphertext)
    }
    return chunks
  }

  /** The next message of the node. */
  async receive(): Promise<KernelMessage> {
    const total = await this.#wait(() => this.#reader.takeTotal())
    let partial = startMessage(total)
    while (partial.received < total) {
      const bytes = await this.frame()
      const opened = this.#receive && openChunk(nodeCrypto, this.#receive, bytes)
      const next = opened && addChunk(partial, opened.plaintext)
      if (opened === undefined || next === undefined) throw new Error('the node sent a chunk that does not open')
      this.#receive = opened.cipher
      partial = next
    }
    const decoded = decodeKernelMessage(partial.buffer)
    if (!decoded.ok) throw new Error(decoded.problem)
    return decoded.value
  }

  frame(): Promise<Uint8Array> {
    return this.#wait(() => this.#reader.takeFrame())
  }

  async #wait<T>(take: () => T | undefined): Promise<T> {
    const end = Date.now() + 30_000
    for (;;) {
      const all = this.client.received()
      this.#reader.push(all.subarray(this.#taken))
      this.#taken = all.length
      const taken = take()
      if (taken !== undefined) return taken
      if (this.client.isClosed()) throw new Error('the node closed the connection')
      if (Date.now() > end) throw new Error('the node said nothing more')
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }
}

export function freshKeys(): HandshakeKeys {
  return { staticKeys: nodeCrypto.generateKeyPair(), ephemeralKeys: nodeCrypto.generateKeyPair() }
}
