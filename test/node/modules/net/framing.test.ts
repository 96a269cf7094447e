import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FrameReader, addChunk, frameParts, messageParts, startMessage } from '../../../../node/modules/net/framing.ts'

describe('frames', () => {
  test('come out whole however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 97 }), { minLength: 1, maxLength: 20 }),
        (frames, cuts) => {
          const bytes = Buffer.concat(frameParts(frames))
          const reader = new FrameReader()
          const out: Uint8Array[] = []
          for (let at = 0, turn = 0; at < bytes.length; turn++) {
            const size = cuts[turn % cuts.length] ?? 1
            reader.push(bytes.subarray(at, at + size))
            at += size
            for (let frame = reader.takeFrame(); frame !== undefined; frame = reader.takeFrame()) out.push(frame)
          }
          expect(out).toEqual(frames)
          expect(reader.sizeBytes).toBe(0)
        },
      ),
    )
  })

  test('of the greatest length arrive byte by byte in bounded memory', () => {
    const frame = new Uint8Array(65_535).fill(9)
    const reader = new FrameReader()
    const bytes = Buffer.concat(frameParts([frame]))
    for (const byte of bytes.subarray(0, -1)) {
      reader.push(Uint8Array.of(byte))
      expect(reader.takeFrame()).toBeUndefined()
    }
    expect(reader.storeBytes).toBeLessThanOrEqual(131_072)
    reader.push(bytes.subarray(-1))
    expect(reader.takeFrame()).toEqual(frame)
  })

  test('above 65,535 bytes cannot be written', () => {
    expect(() => frameParts([new Uint8Array(65_536)])).toThrow('Cannot frame 65536 bytes: expected at most 65535')
  })

  test('leave what follows them for whoever carries the connection on', () => {
    const reader = new FrameReader()
    reader.push(Uint8Array.of(0, 1, 7, 0, 2, 8))
    expect(reader.takeFrame()).toEqual(Uint8Array.of(7))
    expect(reader.takeFrame()).toBeUndefined()
    expect(reader.takeAll()).toEqual(Uint8Array.of(0, 2, 8))
    expect(reader.sizeBytes).toBe(0)
  })
})

describe('messages', () => {
  test('are written as total, then each chunk behind its length', () => {
    const bytes = Buffer.concat(messageParts(0x01020304, [Uint8Array.of(5), new Uint8Array(0x0102)]))
    expect(bytes.subarray(0, 9)).toEqual(Buffer.from('010203040001050102', 'hex'))
  })

  test('take no memory for a length that was only claimed', () => {
    const partial = startMessage(10_485_800)
    expect(partial.buffer.length).toBe(0)
    const some = addChunk(partial, new Uint8Array(100))
    expect(some?.buffer.length).toBe(100)
    expect(some && addChunk(some, new Uint8Array(1))?.buffer.length).toBe(200)
  })

  test('are whole when the chunks add up, and refused when a chunk is empty or runs past the end', () => {
    const first = addChunk(startMessage(5), Uint8Array.of(1, 2))
    const all = first && addChunk(first, Uint8Array.of(3, 4, 5))
    expect(all).toEqual({ total: 5, received: 5, buffer: Uint8Array.of(1, 2, 3, 4, 5) })
    expect(first && addChunk(first, new Uint8Array(0))).toBeUndefined()
    expect(first && addChunk(first, new Uint8Array(4))).toBeUndefined()
  })
})
