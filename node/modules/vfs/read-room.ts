/** A reader's place: what it holds, from before it reads until its answer has gone. It must be left, whatever happens. */
export type ReadSeat = {
  /** Resolves when so many bytes may be read. Once for each seat. */
  readonly hold: (bytes: number) => Promise<void>
  readonly leave: () => void
}

export type ReadRoom = { readonly enter: (who: string) => ReadSeat }

type Waiting = { readonly bytes: number; readonly admit: () => void }

/**
 * Keeps the bytes of all readers together within `maxBytes`; one that needs more than that reads when nobody else does.
 * Those that find no room wait: of each `who` in the order in which they came, and of all those that wait each `who` in
 * turn. Nobody goes past who is next, so a long read is not put off for ever by short ones. What is kept is one entry for
 * each reader.
 */
export function createReadRoom(maxBytes: number): ReadRoom {
  /** Whose turn is next comes first. */
  const waiting = new Map<string, Waiting[]>()
  let heldBytes = 0

  function admitNext(): void {
    for (const [who, queue] of waiting) {
      const [first] = queue
      if (first === undefined || (heldBytes > 0 && heldBytes + first.bytes > maxBytes)) return
      queue.shift()
      waiting.delete(who)
      if (queue.length > 0) waiting.set(who, queue) // behind the others
      first.admit()
    }
  }

  return {
    enter(who) {
      let ownBytes = 0
      return {
        hold: (bytes) =>
          new Promise((resolve) => {
            const queue = waiting.get(who) ?? []
            queue.push({
              bytes,
              admit() {
                ownBytes = bytes
                heldBytes += bytes
                resolve()
              },
            })
            waiting.set(who, queue)
            admitNext()
          }),
        leave() {
          heldBytes -= ownBytes
          ownBytes = 0
          admitNext()
        },
      }
    },
  }
}
