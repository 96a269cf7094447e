import { findFunction, isOffered } from './catalogue.ts'
import { ComponentError } from './errors.ts'
import type { Item } from './scope.ts'
import { type FunctionShape, formatFunction, sameFunction } from './shape-match.ts'
import type { DeclaredExport } from './types.ts'

/** The outermost component's imports: interfaces that this node offers, and types of any others. */
export function importFromHost(name: string, declared: DeclaredExport): Item {
  if (declared.sort === 'type') return declared
  if (declared.sort !== 'instance')
    throw new ComponentError({ code: 'unknown-import', interface: name, function: undefined })
  return { sort: 'instance', exports: hostExports(name, declared.exports) }
}

function hostExports(interfaceName: string, declared: ReadonlyMap<string, DeclaredExport>): Map<string, Item> {
  const exports = new Map<string, Item>()
  for (const [name, item] of declared) {
    if (item.sort === 'type') exports.set(name, item)
    else if (item.sort === 'function') exports.set(name, hostFunction(interfaceName, name, item.shape))
    else throw new ComponentError({ code: 'unknown-import', interface: interfaceName, function: name })
  }
  return exports
}

function hostFunction(interfaceName: string, name: string, shape: FunctionShape): Item {
  const entry = isOffered(interfaceName) ? findFunction(interfaceName, name) : undefined
  if (entry === undefined)
    throw new ComponentError({ code: 'unknown-import', interface: interfaceName, function: name })
  if (entry.host !== 'nobody' && !sameFunction(shape, entry.function)) {
    throw new ComponentError({
      code: 'import-type',
      interface: interfaceName,
      function: name,
      found: formatFunction(shape),
      expected: formatFunction(entry.function),
    })
  }
  return { sort: 'function', function: { kind: 'host', interface: interfaceName, function: name } }
}
