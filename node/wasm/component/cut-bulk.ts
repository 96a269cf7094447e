import { askingBody, type Asking, GROW } from './ask-to-grow.ts'
import { BinaryReader, concat, leb } from './binary.ts'
import { bound, type Declare } from './declared.ts'
import { bulk, BULK_PREFIX, skipInstruction, skipType } from './instructions.ts'

/**
 * The engine ends a thread between instructions only, and one `memory.fill` may touch a whole memory for the first time,
 * which takes seconds on a busy machine. So the code of a component calls a function instead, appended here, that does
 * the same in pieces. A piece that traps has earlier ones done before it: nobody sees that, because whoever traps is over.
 * `memory.grow` is replaced alike, by what `ask-to-grow.ts` says.
 */

/** The instruction `i32.const 1048576`: how many bytes a piece has. */
const PIECE = [0x41, 0x80, 0x80, 0xc0, 0x00]

const [INIT, COPY, FILL] = [bulk(8), bulk(10), bulk(11)]

const REPLACED: ReadonlySet<number> = new Set([INIT, COPY, FILL, GROW])

/** `(param i32 i32 i32)`, the type of what is appended. */
export const PIECEWISE_TYPE = [0x60, 3, 0x7f, 0x7f, 0x7f, 0]

export type CutCode = {
  /** The content of the code section. */
  readonly code: Uint8Array
  /** The functions that were appended, by what they do. */
  readonly appended: readonly ('piecewise' | 'asking')[]
}

/** How many functions and memories a module has, imported ones included, and what its appended functions ask by. */
export type CutInput = { readonly functions: number; readonly memories: number; readonly asking: Asking }

/** A function beyond this size the engine does not take, nor one that declares its locals in more parts. */
const FUNCTION_MAX_BYTES = 7_654_321
const LOCALS_MAX = 50_000

/** Instructions that are read in one go. */
const INSTRUCTIONS_AT_ONCE = 4_096

/** Replaces whatever writes any number of bytes at once, and whatever takes memory. */
export async function cutBulk(
  section: BinaryReader,
  input: CutInput,
  { declare, rest }: { readonly declare: Declare; readonly rest: () => Promise<void> },
): Promise<CutCode> {
  const appended = new Appended(input, declare)
  const count = section.count('functions')
  const parts: Uint8Array[] = []
  let kept = section.offset
  for (let index = 0; index < count; index += 1) {
    const start = section.offset
    const body = section.part('the code of a function')
    bound('bytes of code in a function', body.end - body.offset, FUNCTION_MAX_BYTES)
    if (mayHoldBulk(body) || mayGrow(body, input.memories)) {
      parts.push(section.bytes.subarray(kept, start), await cutFunction(body, appended, rest))
      kept = section.offset
    }
    await rest()
  }
  parts.push(section.bytes.subarray(kept, section.offset))
  section.finish('the code of a core module')
  const own = appended.bodies.map(withSize)
  return { code: concat([Uint8Array.from(leb(count + own.length)), ...parts, ...own]), appended: appended.kinds }
}

/** What looks like a bulk operation and is none: a function with more of that is read instead. */
const LOOKALIKES_MAX = 1_000

/** Most functions have nothing to cut, and are not read further. A number may have needless bytes with only the high bit. */
function mayHoldBulk({ bytes, offset, end }: BinaryReader): boolean {
  const body = bytes.subarray(offset, end)
  let lookalikes = 0
  for (let at = body.indexOf(BULK_PREFIX); at !== -1; at = body.indexOf(BULK_PREFIX, at + 1)) {
    if (REPLACED.has(bulk((body[at + 1] ?? 0) & 0x7f))) return true
    lookalikes += 1
    if (lookalikes > LOOKALIKES_MAX) return true
  }
  return false
}

/** The byte before the number of a memory is also that of a block without a result, of which code is full. */
function mayGrow({ bytes, offset, end }: BinaryReader, memories: number): boolean {
  for (let at = offset; at < end; at += 1) {
    if (bytes[at] === GROW && ((bytes[at + 1] ?? 0) & 0x7f) < memories) return true
  }
  return false
}

/** The least that `memory.grow` takes, and the most that a call in its place does: there are not 2^21 functions. */
const OPERATION_LEAST_BYTES = 2
const CALL_MOST_BYTES = 4

/** The function with its size before it. It is written into one piece of memory, however many operations it has. */
async function cutFunction(body: BinaryReader, appended: Appended, rest: () => Promise<void>): Promise<Uint8Array> {
  const { bytes, offset, end } = body
  const cut = new Uint8Array(Math.ceil(((end - offset) * CALL_MOST_BYTES) / OPERATION_LEAST_BYTES))
  let size = 0
  let kept = offset
  const keepUpTo = (next: number): void => {
    cut.set(bytes.subarray(kept, next), size)
    size += next - kept
  }
  const locals = body.count('locals', 2)
  bound('parts of locals in a function', locals, LOCALS_MAX)
  for (let left = locals; left > 0; left -= 1) {
    body.u32('locals')
    skipType(body)
  }
  for (let read = 0; !body.done; read += 1) {
    if (read % INSTRUCTIONS_AT_ONCE === 0) await rest()
    const start = body.offset
    const operation = skipInstruction(body)
    if (!REPLACED.has(operation)) continue
    keepUpTo(start)
    const call = [CALL, ...leb(appended.indexOf(operation, new BinaryReader(body.bytes, start, body.offset)))]
    cut.set(call, size)
    size += call.length
    kept = body.offset
    await rest()
  }
  keepUpTo(end)
  return withSize(cut.subarray(0, size))
}

function withSize(body: Uint8Array): Uint8Array {
  return concat([Uint8Array.from(leb(body.length)), body])
}

/**
 * The functions that are appended: one for each operation on each memory, for each part of the module's data, and for
 * growing each memory.
 */
class Appended {
  readonly bodies: Uint8Array[] = []
  readonly kinds: ('piecewise' | 'asking')[] = []
  private readonly known = new Map<string, number>()
  private readonly input: CutInput
  private readonly declare: Declare

  constructor(input: CutInput, declare: Declare) {
    this.input = input
    this.declare = declare
  }

  /** The index of the function that stands for the instruction. */
  indexOf(operation: number, instruction: BinaryReader): number {
    instruction.byte('an instruction')
    if (operation !== GROW) instruction.u32('an instruction')
    const numbers: number[] = []
    while (!instruction.done) numbers.push(instruction.u32('an instruction'))
    const key = `${operation} ${numbers.join(' ')}`
    const known = this.known.get(key)
    if (known !== undefined) return known
    this.declare('kinds of bulk operations', 1)
    const index = this.input.functions + this.bodies.push(Uint8Array.from(this.bodyFor(operation, numbers))) - 1
    this.kinds.push(operation === GROW ? 'asking' : 'piecewise')
    this.known.set(key, index)
    return index
  }

  private bodyFor(operation: number, numbers: readonly number[]): number[] {
    const encoded = numbers.flatMap(leb)
    return operation === GROW ? askingBody(this.input.asking, encoded) : piecewise(operation, encoded)
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

function piecewise(operation: number, numbers: readonly number[]): number[] {
  const instruction = [BULK_PREFIX, ...leb(operation - bulk(0)), ...numbers]
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
