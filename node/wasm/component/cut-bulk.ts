import { BinaryReader, concat, leb } from './binary.ts'
import { skipInstruction, skipType } from './instructions.ts'

/**
 * The engine ends a thread between instructions only, and one `memory.fill` may touch a whole memory for the first time,
 * which takes seconds on a busy machine. So the code of a component calls a function instead, appended here, that does
 * the same in pieces. A piece that traps has earlier ones done before it: nobody sees that, because whoever traps is over.
 */

/** The instruction `i32.const 1048576`: how many bytes a piece has. */
const PIECE = [0x41, 0x80, 0x80, 0xc0, 0x00]

/** Numbers behind the prefix 0xfc. */
const INIT = 8
const COPY = 10
const FILL = 11

/** `(param i32 i32 i32)`, the type of what is appended. */
export const PIECEWISE_TYPE = [0x60, 3, 0x7f, 0x7f, 0x7f, 0]

export type CutCode = {
  /** The content of the code section. */
  readonly code: Uint8Array
  /** How many functions of the type `PIECEWISE_TYPE` were appended. */
  readonly appended: number
}

/**
 * Replaces whatever writes any number of bytes at once. `functions` is how many there are, imported ones included. Gives
 * turns to others while it reads.
 */
export async function cutBulk(section: BinaryReader, functions: number, rest: () => Promise<void>): Promise<CutCode> {
  const appended = new Appended(functions)
  const count = section.count('functions')
  const bodies: Uint8Array[] = []
  for (let index = 0; index < count; index += 1) {
    const start = section.offset
    const body = section.part('the code of a function')
    bodies.push(mayHoldBulk(body) ? cutFunction(body, appended) : section.bytes.subarray(start, section.offset))
    await rest()
  }
  section.finish('the code of a core module')
  const own = appended.bodies.map(withSize)
  return { code: concat([Uint8Array.from(leb(count + own.length)), ...bodies, ...own]), appended: own.length }
}

/** Most functions have nothing to cut, and are not read further. A number may have needless bytes with only the high bit. */
function mayHoldBulk({ bytes, offset, end }: BinaryReader): boolean {
  const body = bytes.subarray(offset, end)
  for (let at = body.indexOf(0xfc); at !== -1; at = body.indexOf(0xfc, at + 1)) {
    const operation = (body[at + 1] ?? 0) & 0x7f
    if (operation === INIT || operation === COPY || operation === FILL) return true
  }
  return false
}

function cutFunction(body: BinaryReader, appended: Appended): Uint8Array {
  const parts: Uint8Array[] = []
  let kept = body.offset
  body.many('locals', () => {
    body.u32('locals')
    skipType(body)
  })
  while (!body.done) {
    const start = body.offset
    const operation = skipInstruction(body)
    if (operation !== INIT && operation !== COPY && operation !== FILL) continue
    parts.push(body.bytes.subarray(kept, start), Uint8Array.from([CALL, ...leb(appended.indexOf(body, start))]))
    kept = body.offset
  }
  parts.push(body.bytes.subarray(kept, body.end))
  return withSize(concat(parts))
}

function withSize(body: Uint8Array): Uint8Array {
  return concat([Uint8Array.from(leb(body.length)), body])
}

/** The functions that are appended: one for each operation on each memory, and for each part of the module's data. */
class Appended {
  readonly bodies: Uint8Array[] = []
  private readonly known = new Map<string, number>()
  private readonly first: number

  constructor(first: number) {
    this.first = first
  }

  /** The index of the function that does in pieces what the instruction does at `start`. */
  indexOf(code: BinaryReader, start: number): number {
    const reader = new BinaryReader(code.bytes, start + 1, code.offset)
    const operation = reader.u32('an instruction')
    const numbers: number[] = []
    while (!reader.done) numbers.push(reader.u32('an instruction'))
    const key = `${operation} ${numbers.join(' ')}`
    const known = this.known.get(key)
    if (known !== undefined) return known
    const instruction = [0xfc, ...leb(operation), ...numbers.flatMap(leb)]
    const index = this.first + this.bodies.push(Uint8Array.from(piecewise(operation, instruction))) - 1
    this.known.set(key, index)
    return index
  }
}

/** The parameters of all three: where to, where from or what, and how many bytes. */
const TO = 0
const FROM = 1
const COUNT = 2

const [BLOCK, LOOP, IF, END, BR, BR_IF, CALL] = [0x02, 0x03, 0x04, 0x0b, 0x0c, 0x0d, 0x10]
const [I32_GREATER, I32_AT_MOST, I32_ADD, I32_SUB] = [0x4b, 0x4d, 0x6a, 0x6b]
const NOTHING = 0x40

const get = (local: number): number[] => [0x20, local]
const set = (local: number): number[] => [0x21, local]
const advance = (local: number): number[] => [...get(local), ...PIECE, I32_ADD, ...set(local)]
const countDown = [...get(COUNT), ...PIECE, I32_SUB, ...set(COUNT)]
/** Leaves the block that many labels outward when what is left is one piece at most. */
const doneAt = (label: number): number[] => [...get(COUNT), ...PIECE, I32_AT_MOST, BR_IF, label]

function piecewise(operation: number, instruction: readonly number[]): number[] {
  const forward = [
    [LOOP, NOTHING],
    doneAt(1),
    [...get(TO), ...get(FROM), ...PIECE, ...instruction],
    advance(TO),
    operation === FILL ? [] : advance(FROM),
    countDown,
    [BR, 0, END],
  ]
  // Bytes that are copied to a higher address must not overwrite those that are still to be copied: the last go first.
  const backward = [
    [...get(TO), ...get(FROM), I32_GREATER, IF, NOTHING, LOOP, NOTHING],
    doneAt(2),
    countDown,
    [...get(TO), ...get(COUNT), I32_ADD, ...get(FROM), ...get(COUNT), I32_ADD, ...PIECE, ...instruction],
    [BR, 0, END, END],
  ]
  const pieces = [[BLOCK, NOTHING], ...(operation === COPY ? backward : []), ...forward, [END]]
  const theRest = [...get(TO), ...get(FROM), ...get(COUNT), ...instruction, END]
  const noLocals = 0
  return [noLocals, ...pieces.flat(), ...theRest]
}
