import { ask, BodyError, ourCapabilities, runScript, send, SendError } from '@hyperware/process'
import { decodeAddress, formatAddress } from '@hyperware/protocol'
import { readArguments } from './words.ts'

const USAGE = "usage: m <address> '<body>' [-a seconds]: sends the body as it stands, with -a waits for the response"

/** `m <address> '<body>' [-a seconds]`: sends a message with all capabilities that the terminal holds. */
export function init(): void {
  runScript((argument) => {
    const { words, waitSeconds } = readArguments(argument)
    const [target, body, ...more] = words
    if (target === undefined) return { failed: USAGE }
    const address = decodeAddress(target)
    if (!address.ok) return { failed: `${address.problem}\n${USAGE}` }
    if (body === undefined) return { failed: `no body for ${target}\n${USAGE}` }
    if (more.length > 0) return { failed: `"${more[0]}" is left over behind the body "${body}"\n${USAGE}` }
    const capabilities = ourCapabilities()
    if (waitSeconds === undefined) {
      send(address.value, body, { capabilities })
      return ''
    }
    if (!/^[1-9][0-9]{0,4}$/.test(waitSeconds)) return { failed: `-a is "${waitSeconds}", expected seconds\n${USAGE}` }
    try {
      const answer = ask(address.value, body, { capabilities, timeoutSeconds: Number(waitSeconds) })
      return answer.text()
    } catch (error) {
      if (error instanceof BodyError) return 'the response is not text'
      if (!(error instanceof SendError)) throw error
      return { failed: `message to ${formatAddress(address.value)} failed: ${error.message}` }
    }
  })
}
