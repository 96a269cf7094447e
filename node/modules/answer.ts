import { type Blob, type KernelMessage, type ProcessId, replyTarget } from '@hyperware/protocol'

/** The media type of bytes that a module answers with (modules.md section 0). */
const BYTES = 'application/octet-stream'

/** The response of a runtime module to `asked`, to whoever it says responses go. */
export function answerTo(
  our: { readonly node: string; readonly process: ProcessId },
  asked: KernelMessage,
  answer: {
    readonly body: Uint8Array
    readonly bytes?: Uint8Array | undefined
    /** Instead of `bytes`: a blob with a media type of its own, or none. */
    readonly blob?: Blob | undefined
    readonly metadata?: string | undefined
  },
): KernelMessage {
  const blob: Blob | undefined = answer.bytes === undefined ? answer.blob : { mime: BYTES, bytes: answer.bytes }
  return {
    id: asked.id,
    source: our,
    target: replyTarget(asked),
    rsvp: undefined,
    message: {
      kind: 'response',
      inherit: false,
      body: answer.body,
      metadata: answer.metadata,
      capabilities: [],
      context: undefined,
    },
    blob,
  }
}
