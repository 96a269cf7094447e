import { BinaryReader, hex } from './binary.ts'
import { readCanon } from './canon.ts'
import { bound } from './declared.ts'
import { ComponentError } from './errors.ts'
import { importFromHost } from './host-imports.ts'
import type { Plan, PlannedInstance } from './plan.ts'
import {
  type Item,
  type NestedComponent,
  type Scope,
  addItem,
  coreSpace,
  pick,
  readItem,
  readOuterScope,
} from './scope.ts'
import { type FunctionShape, formatFunction, sameFunction } from './shape-match.ts'
import { functionNodes } from './shape-size.ts'
import {
  type DeclaredExport,
  addType,
  readExternName,
  readExternType,
  readOptional,
  readOuterType,
  readTypeInto,
} from './types.ts'

const COMPONENT_MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00]
const CORE_MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]

/** Bounds on what one component may ask for: real ones hold up to about 30 of these. */
const INSTANCES_MAX = 1_000
const COMPONENT_INSTANCES_MAX = 100
const MODULES_MAX = 1_000
const DEPTH_MAX = 16
/** Real ones have up to 10 KB in 216 sections. Both are counted for each instance of a nested component, which reads them. */
const WIRING_BYTES_MAX = 1_024 * 1_024
const SECTIONS_MAX = 20_000
/** Real ones import some 100. An interface is a few bytes of wiring, whatever the type has that it names. */
const IMPORTED_MAX = 10_000
/** Parts of the types of calls between components: each type is laid out wherever a core module is given such a call. */
const CALL_NODES_MAX = 50_000

const SECTION = {
  custom: 0,
  coreModule: 1,
  coreInstance: 2,
  component: 4,
  instance: 5,
  alias: 6,
  type: 7,
  canon: 8,
  import: 10,
  export: 11,
} as const

export type Elaborated = { readonly plan: Plan; readonly modules: readonly BinaryReader[] }

/** Works out the wiring of a component, without running any of it. Throws `ComponentError`. `rest` gives turns to others. */
export async function elaborate(bytes: Uint8Array, rest: () => Promise<void>): Promise<Elaborated> {
  if (COMPONENT_MAGIC.some((byte, at) => bytes[at] !== byte)) {
    throw new ComponentError(
      CORE_MAGIC.every((byte, at) => bytes[at] === byte)
        ? { code: 'core-module' }
        : { code: 'not-wasm', sizeBytes: bytes.length },
    )
  }
  const elaboration = new Elaboration(bytes, rest)
  const exports = await elaboration.instantiate({ start: 8, end: bytes.length, outer: undefined }, undefined, 0)
  return { plan: { instances: elaboration.planned, init: readInit(exports) }, modules: elaboration.modules }
}

const INIT: FunctionShape = { params: [{ name: 'our', key: 'our', shape: { kind: 'string' } }], result: undefined }

function readInit(exports: ReadonlyMap<string, Item>): Plan['init'] {
  const expected = `init: ${formatFunction(INIT)}`
  const item = exports.get('init')
  if (item === undefined) throw new ComponentError({ code: 'wrong-export', found: 'no init', expected })
  if (item.sort !== 'function' || item.function.kind !== 'lifted') {
    const found = item.sort === 'function' ? 'an import as init' : `init as ${item.sort}`
    throw new ComponentError({ code: 'wrong-export', found, expected })
  }
  const { shape, memory, realloc, postReturn } = item.function
  if (!sameFunction(shape, INIT)) {
    throw new ComponentError({ code: 'wrong-export', found: `init: ${formatFunction(shape)}`, expected })
  }
  return { function: item.function.function, memory, realloc, postReturn }
}

class Elaboration {
  readonly planned: PlannedInstance[] = []
  readonly modules: BinaryReader[] = []
  private readonly bytes: Uint8Array
  private readonly rest: () => Promise<void>
  private readonly moduleAt = new Map<number, number>()
  private componentInstances = 0
  private wiringBytes = 0
  private sections = 0
  private imported = 0
  private callNodes = 0

  constructor(bytes: Uint8Array, rest: () => Promise<void>) {
    this.bytes = bytes
    this.rest = rest
  }

  /** Reads a component's sections in order. `given` holds its arguments; the outermost one imports from the host. */
  async instantiate(
    component: NestedComponent,
    given: ReadonlyMap<string, Item> | undefined,
    depth: number,
  ): Promise<ReadonlyMap<string, Item>> {
    this.componentInstances += 1
    bound('nested components', depth, DEPTH_MAX)
    bound('component instances', this.componentInstances, COMPONENT_INSTANCES_MAX)
    const scope: Scope = {
      outer: component.outer,
      depth: (component.outer?.depth ?? -1) + 1,
      types: [],
      functions: [],
      instances: [],
      components: [],
      modules: [],
      core: { functions: [], tables: [], memories: [], globals: [], instances: [] },
    }
    const exports = new Map<string, Item>()
    const reader = new BinaryReader(this.bytes, component.start, component.end)
    while (!reader.done) {
      const id = reader.byte('a section')
      const section = reader.part('a section')
      await this.readSection(id, section, { scope, exports, given, depth })
      await this.rest()
    }
    return exports
  }

  private async readSection(
    id: number,
    section: BinaryReader,
    into: {
      readonly scope: Scope
      readonly exports: Map<string, Item>
      readonly given: ReadonlyMap<string, Item> | undefined
      readonly depth: number
    },
  ): Promise<void> {
    const { scope } = into
    const each = (what: string, read: () => void | Promise<void>): Promise<void> => section.each(what, read, this.rest)
    this.sections += 1
    bound('sections', this.sections, SECTIONS_MAX)
    if (id !== SECTION.custom && id !== SECTION.coreModule && id !== SECTION.component) this.countWiring(section)
    switch (id) {
      case SECTION.custom: {
        const name = section.part('the name of a custom section')
        this.countWiring(name)
        name.text('the name of a custom section')
        return
      }
      case SECTION.coreModule:
        scope.modules.push(this.addModule(section))
        return
      case SECTION.coreInstance:
        await each('core instances', () => this.readCoreInstance(section, scope))
        break
      case SECTION.component:
        scope.components.push(this.readNested(section, scope))
        return
      case SECTION.instance:
        await each(
          'instances',
          async () => void scope.instances.push(await this.readInstance(section, scope, into.depth)),
        )
        break
      case SECTION.alias:
        await each('aliases', () => this.readAlias(section, scope))
        break
      case SECTION.type:
        await each('types', () => readTypeInto(section, scope))
        break
      case SECTION.canon:
        await each('canonical functions', () => readCanon(section, scope))
        break
      case SECTION.import:
        await each('imports', () => {
          const name = readExternName(section)
          const declared = readExternType(section, scope, name)
          const { given } = into
          addItem(
            section,
            scope,
            given === undefined ? this.importOne(name, declared) : argument(given, name, declared),
          )
        })
        break
      case SECTION.export:
        await each('exports', () => {
          const name = readExternName(section)
          const item = readItem(section, scope)
          readOptional(section, () => readExternType(section, scope, name))
          if (into.exports.has(name)) {
            throw new ComponentError({ code: 'wrong-export', found: `${name} twice`, expected: 'each name once' })
          }
          into.exports.set(name, item)
          addItem(section, scope, item)
        })
        break
      default:
        throw section.unsupported(`the section ${id}`)
    }
    section.finish('a section')
  }

  private importOne(name: string, declared: DeclaredExport): Item {
    this.imported += declared.sort === 'instance' ? declared.exports.size : 1
    bound('imported items', this.imported, IMPORTED_MAX)
    return importFromHost(name, declared)
  }

  private countWiring(read: BinaryReader): void {
    this.wiringBytes += read.end - read.offset
    bound('bytes of wiring', this.wiringBytes, WIRING_BYTES_MAX)
  }

  private addModule(section: BinaryReader): number {
    const known = this.moduleAt.get(section.offset)
    if (known !== undefined) return known
    bound('core modules', this.modules.length + 1, MODULES_MAX)
    const index = this.modules.push(section) - 1
    this.moduleAt.set(section.offset, index)
    return index
  }

  private readNested(section: BinaryReader, scope: Scope): NestedComponent {
    for (const byte of COMPONENT_MAGIC) {
      const found = section.byte('a nested component')
      if (found !== byte) throw section.malformed(hex(found), `${hex(byte)} in the head of a nested component`)
    }
    return { start: section.offset, end: section.end, outer: scope }
  }

  private readCoreInstance(section: BinaryReader, scope: Scope): void {
    bound('core instances', this.planned.length + 1, INSTANCES_MAX)
    const form = section.byte('a core instance')
    if (form === 0x00) {
      const module = pick(section, scope.modules, 'core module')
      const given = section.many('arguments', () => {
        const name = section.name('an argument')
        const sort = section.byte('an argument')
        if (sort !== 0x12) throw section.malformed(hex(sort), '0x12, an instance')
        return { name, instance: pick(section, scope.core.instances, 'core instance') }
      })
      this.planned.push({ kind: 'module', module, arguments: given })
    } else if (form === 0x01) {
      const exports = section.many('exports', () => {
        const name = section.name('an export')
        const sort = section.byte('an export')
        const item = pick(section, coreSpace(section, scope, sort), 'core item')
        if (item.kind === 'call') this.callNodes += functionNodes(item.shape)
        bound('parts of types of calls', this.callNodes, CALL_NODES_MAX)
        return { name, item }
      })
      this.planned.push({ kind: 'exports', exports })
    } else {
      throw section.malformed(hex(form), '0x00 or 0x01')
    }
    scope.core.instances.push(this.planned.length - 1)
  }

  private async readInstance(section: BinaryReader, scope: Scope, depth: number): Promise<ReadonlyMap<string, Item>> {
    const form = section.byte('an instance')
    if (form === 0x00) {
      const component = pick(section, scope.components, 'component')
      const given = section.many('arguments', () => [section.name('an argument'), readItem(section, scope)] as const)
      return this.instantiate(component, new Map(given), depth + 1)
    }
    if (form !== 0x01) throw section.malformed(hex(form), '0x00 or 0x01')
    return new Map(section.many('exports', () => [readExternName(section), readItem(section, scope)] as const))
  }

  private readAlias(section: BinaryReader, scope: Scope): void {
    const sort = section.byte('an alias')
    const coreSort = sort === 0x00 ? section.byte('an alias') : undefined
    const target = section.byte('an alias')
    if (target === 0x00 && coreSort === undefined) {
      const exports = pick(section, scope.instances, 'instance')
      const name = section.name('an alias')
      const item = exports.get(name)
      if (item === undefined || item.sort !== SORTS[sort]) {
        throw new ComponentError({ code: 'missing-export', name, sort: SORTS[sort] ?? hex(sort) })
      }
      addItem(section, scope, item)
    } else if (target === 0x01 && coreSort !== undefined) {
      const instance = pick(section, scope.core.instances, 'core instance')
      coreSpace(section, scope, coreSort).push({ kind: 'export', instance, name: section.name('an alias') })
    } else if (target === 0x02 && sort === 0x03) {
      addType(section, scope, readOuterType(section, scope))
    } else if (target === 0x02 && (sort === 0x04 || coreSort === 0x11)) {
      const outer = readOuterScope(section, scope)
      if (sort === 0x04) scope.components.push(pick(section, outer.components, 'component'))
      else scope.modules.push(pick(section, outer.modules, 'core module'))
    } else {
      throw section.malformed(`an alias of the sort ${hex(coreSort ?? sort)} by ${hex(target)}`, 'a known one')
    }
  }
}

const SORTS: Readonly<Record<number, Item['sort']>> = {
  0x01: 'function',
  0x03: 'type',
  0x04: 'component',
  0x05: 'instance',
}

function argument(given: ReadonlyMap<string, Item>, name: string, declared: DeclaredExport): Item {
  const item = given.get(name)
  if (item?.sort !== declared.sort) throw new ComponentError({ code: 'missing-argument', name, sort: declared.sort })
  return item
}
