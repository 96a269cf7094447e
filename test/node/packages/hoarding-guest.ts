import { messages } from '@hyperware/process'

/** Asked for anything, it keeps more and more, until there is no memory left. */
export function init(): void {
  const kept: Uint8Array[] = []
  for (const message of messages()) {
    if (message.kind !== 'request') continue
    for (;;) kept.push(new Uint8Array(65_536).fill(1))
  }
}
