import { ask, our, runScript, SendError } from '@hyperware/process'
import { NET_PROCESS, OUR } from '@hyperware/protocol'
import { splitWord } from './words.ts'

/** How long another node may take to answer, in seconds (net.md section 10). */
const PATIENCE_SECONDS = 10

/** `hi <node> <message>`: greets another node. */
export function init(): void {
  runScript((argument) => {
    const [given, message] = splitWord(argument)
    if (given === '' || message === '') return { failed: 'usage: hi <node> <message>, with node "our" for this one' }
    const node = given === OUR ? our().node : given
    try {
      const answer = ask({ node, process: NET_PROCESS }, message, { timeoutSeconds: PATIENCE_SECONDS })
      return `response from ${node}: ${answer.text()}`
    } catch (error) {
      if (!(error instanceof SendError)) throw error
      const why = error.code === 'timeout' ? 'timed out' : 'is offline or does not exist'
      return { failed: `message to ${node} failed: it ${why}` }
    }
  })
}
