import { expect, test } from 'vitest'
import { copyInTurns, PIECE_BYTES } from '../../../node/kernel/copy-in-turns.ts'

test.for([
  { name: 'nothing', length: 0, turns: 0 },
  { name: 'one piece', length: PIECE_BYTES, turns: 0 },
  { name: 'one byte more', length: PIECE_BYTES + 1, turns: 1 },
  { name: 'ten pieces', length: 10 * PIECE_BYTES, turns: 9 },
])('others have a turn after each piece but the last: $name', async ({ length, turns }) => {
  const from = new Uint8Array(length).map((_, at) => at % 251)
  const to = new Uint8Array(length)
  let had = 0
  let counting = setImmediate(count)
  function count(): void {
    had += 1
    counting = setImmediate(count)
  }
  await copyInTurns({ from, to })
  clearImmediate(counting)
  expect(had).toBe(turns)
  expect(Buffer.compare(to, from)).toBe(0)
})
