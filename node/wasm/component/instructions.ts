import { type BinaryReader, hex } from './binary.ts'
import { bound } from './declared.ts'

const WHAT = 'an instruction'

/** The prefix of bulk operations, and of conversions that saturate. */
export const BULK_PREFIX = 0xfc

/**
 * Reads over one instruction of a core function. Gives its opcode; behind the prefix 0xfc, `bulk` of the number there.
 * @throws ComponentError for an instruction that is not known here: nobody could tell what follows it.
 */
export function skipInstruction(code: BinaryReader): number {
  const opcode = code.byte(WHAT)
  if (opcode === BULK_PREFIX) return bulk(skipBulk(code))
  if (opcode === 0xfd) skipVector(code)
  else if (opcode === 0xfe) skipAtomic(code)
  else if (opcode >= 0x28 && opcode <= 0x3e) skipAddress(code)
  else skipPlain(code, opcode)
  return opcode
}

/** An operation behind the prefix 0xfc, as a number that no opcode is. */
export function bulk(operation: number): number {
  return 0x100 + operation
}

function skipPlain(code: BinaryReader, opcode: number): void {
  if (opcode >= 0x45 && opcode <= 0xc4) return // computes with numbers
  switch (opcode) {
    case 0x00: // unreachable
    case 0x01: // nop
    case 0x05: // else
    case 0x0a: // throw_ref
    case 0x0b: // end
    case 0x0f: // return
    case 0x19: // catch_all
    case 0x1a: // drop
    case 0x1b: // select
    case 0xd1: // ref.is_null
    case 0xd3: // ref.eq
    case 0xd4: // ref.as_non_null
      return
    case 0x02: // block
    case 0x03: // loop
    case 0x04: // if
    case 0x06: // try
      return skipType(code)
    case 0x07: // catch
    case 0x08: // throw
    case 0x09: // rethrow
    case 0x0c: // br
    case 0x0d: // br_if
    case 0x10: // call
    case 0x12: // return_call
    case 0x14: // call_ref
    case 0x15: // return_call_ref
    case 0x18: // delegate
    case 0x20: // local.get
    case 0x21: // local.set
    case 0x22: // local.tee
    case 0x23: // global.get
    case 0x24: // global.set
    case 0x25: // table.get
    case 0x26: // table.set
    case 0x3f: // memory.size
    case 0x40: // memory.grow
    case 0x41: // i32.const
    case 0x42: // i64.const
    case 0xd0: // ref.null
    case 0xd2: // ref.func
    case 0xd5: // br_on_null
    case 0xd6: // br_on_non_null
      return skipNumbers(code, 1)
    case 0x11: // call_indirect
    case 0x13: // return_call_indirect
      return skipNumbers(code, 2)
    case 0x43: // f32.const
      return skipBytes(code, 4)
    case 0x44: // f64.const
      return skipBytes(code, 8)
    case 0x0e: // br_table
      return skipNumbers(code, fewOf(code, 'branches of a table') + 1)
    case 0x1c: // select with a type
      for (let left = fewOf(code, 'types of a select'); left > 0; left -= 1) skipType(code)
      return
    case 0x1f: // try_table
      skipType(code)
      for (let left = fewOf(code, 'catches'); left > 0; left -= 1) {
        const takesTag = code.byte(WHAT) < 2
        skipNumbers(code, takesTag ? 2 : 1)
      }
      return
    default:
      throw code.unsupported(`the instruction ${hex(opcode)}`)
  }
}

/** The engine takes no longer table of branches: so no instruction keeps anybody waiting. */
const LIST_MAX = 65_520

function fewOf(code: BinaryReader, what: string): number {
  const count = code.count(what)
  bound(what, count, LIST_MAX)
  return count
}

function skipBulk(code: BinaryReader): number {
  const operation = code.u32(WHAT)
  if (operation <= 7) return operation // conversions
  if (operation >= 19 && operation <= 22) return operation // arithmetic of 128 bits
  if (operation > 17) throw code.unsupported(`the instruction 0xfc ${operation}`)
  const takesTwo = operation === 8 || operation === 10 || operation === 12 || operation === 14
  skipNumbers(code, takesTwo ? 2 : 1)
  return operation
}

const VECTOR_LAST = 0x113

function skipVector(code: BinaryReader): void {
  const operation = code.u32(WHAT)
  if (operation > VECTOR_LAST) throw code.unsupported(`the instruction 0xfd ${operation}`)
  const reachesMemory = operation <= 11 || (operation >= 84 && operation <= 93)
  const takesLane = (operation >= 21 && operation <= 34) || (operation >= 84 && operation <= 91)
  if (reachesMemory) skipAddress(code)
  if (takesLane) skipBytes(code, 1)
  if (operation === 12 || operation === 13) skipBytes(code, 16)
}

const ATOMIC_FENCE = 3

function skipAtomic(code: BinaryReader): void {
  const operation = code.u32(WHAT)
  if (operation === ATOMIC_FENCE) return skipBytes(code, 1)
  const known = operation < ATOMIC_FENCE || (operation >= 0x10 && operation <= 0x4e)
  if (!known) throw code.unsupported(`the instruction 0xfe ${operation}`)
  skipAddress(code)
}

const NAMES_MEMORY = 0x40

/** Alignment, in which a bit says that a memory is named, and offset. */
function skipAddress(code: BinaryReader): void {
  const alignment = code.u32(WHAT)
  skipNumbers(code, (alignment & NAMES_MEMORY) === 0 ? 1 : 2)
}

/** The type of a value or of a block; that of a reference may name what it refers to. */
export function skipType(code: BinaryReader): void {
  const first = code.peek()
  const namesMore = first === 0x63 || first === 0x64
  skipNumbers(code, namesMore ? 2 : 1)
}

/** Numbers, signed or not. */
function skipNumbers(code: BinaryReader, count: number): void {
  for (let left = count; left > 0; left -= 1) {
    while (code.byte(WHAT) >= 0x80);
  }
}

function skipBytes(code: BinaryReader, count: number): void {
  for (let left = count; left > 0; left -= 1) code.byte(WHAT)
}
