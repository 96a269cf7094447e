import { type BinaryReader, hex } from './binary.ts'
import type { CanonOptions, CoreItem } from './plan.ts'
import { type FunctionItem, type Scope, pick } from './scope.ts'
import { functionNodes } from './shape-size.ts'
import { readTypeIndex } from './types.ts'

/** Types may share parts without end, and each part is worked out wherever it is used. */
const CALL_NODES_MAX = 2_000

/** Section 8: functions that cross the boundary between a component and its core modules. */
export function readCanon(reader: BinaryReader, scope: Scope): void {
  const form = reader.byte('a canonical function')
  switch (form) {
    case 0x00: {
      expectZero(reader)
      const core = pick(reader, scope.core.functions, 'core function')
      const options = readOptions(reader, scope)
      const type = readTypeIndex(reader, scope)
      if (type.sort !== 'function') throw reader.malformed(`a ${type.sort} type`, 'a function type')
      scope.functions.push({ kind: 'lifted', function: core, shape: type.shape, ...options })
      return
    }
    case 0x01: {
      expectZero(reader)
      const lowered = pick(reader, scope.functions, 'function')
      const options = readOptions(reader, scope)
      if (lowered.kind === 'host') {
        scope.core.functions.push({
          kind: 'host',
          interface: lowered.interface,
          function: lowered.function,
          ...options,
        })
      } else {
        scope.core.functions.push({ kind: 'call', ...readCallee(reader, lowered), ...options })
      }
      return
    }
    case 0x03: {
      const type = readTypeIndex(reader, scope)
      if (type.sort !== 'resource') throw reader.malformed(`a drop of a ${type.sort} type`, 'a drop of a resource')
      scope.core.functions.push({ kind: 'drop', resource: type.name })
      return
    }
    default:
      throw reader.unsupported(`the canonical function ${hex(form)}`)
  }
}

/** What another component offers as a function: its core function has to be one of its own, and its type small. */
function readCallee(
  reader: BinaryReader,
  { function: core, shape, memory, realloc, postReturn }: FunctionItem & { readonly kind: 'lifted' },
): Pick<CoreItem & { readonly kind: 'call' }, 'function' | 'shape' | 'callee'> {
  if (core.kind !== 'export') throw reader.malformed('a call of a function of the host', 'a function of a core module')
  const nodes = functionNodes(shape)
  if (nodes > CALL_NODES_MAX) {
    throw reader.unsupported(`a call of a function whose type has ${nodes} parts, more than ${CALL_NODES_MAX},`)
  }
  return { function: core, shape, callee: { memory, realloc, postReturn } }
}

function expectZero(reader: BinaryReader): void {
  const found = reader.byte('a canonical function')
  if (found !== 0x00) throw reader.malformed(hex(found), '0x00')
}

function readOptions(reader: BinaryReader, scope: Scope): CanonOptions {
  let options: CanonOptions = { memory: undefined, realloc: undefined, postReturn: undefined }
  reader.many('options', () => {
    const option = reader.byte('an option')
    switch (option) {
      case 0x00:
        return
      case 0x01:
      case 0x02:
        throw reader.unsupported('text that is not UTF-8')
      case 0x03:
        options = { ...options, memory: pick(reader, scope.core.memories, 'memory') }
        return
      case 0x04:
        options = { ...options, realloc: pickExported(reader, scope) }
        return
      case 0x05:
        options = { ...options, postReturn: pickExported(reader, scope) }
        return
      default:
        throw reader.unsupported(`the option ${hex(option)} (async, or newer)`)
    }
  })
  return options
}

/** A function of a core module. One of the host would make no room, and could have options of its own without end. */
function pickExported(reader: BinaryReader, scope: Scope): CoreItem {
  const item = pick(reader, scope.core.functions, 'core function')
  if (item.kind !== 'export') throw reader.malformed('a function of the host', 'a function of a core module')
  return item
}
