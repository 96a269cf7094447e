import { HyperwareError, quote } from '@hyperware/protocol'

export type ExportProblem = { code: 'export-missing'; name: string } | { code: 'not-a-component'; reason: string }
export class ComponentExportError extends HyperwareError<ExportProblem> {}

const EXPORT_SECTION = 11
/** `\0asm`, version 13, layer 1: a component, not a module. */
const PREAMBLE = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00)

/**
 * Renames an export at the top level of a component and leaves every other byte as it is. The tool that compiles
 * TypeScript processes has a symbol `init` of its own inside, so they are built under another name and renamed here.
 * @throws ComponentExportError
 */
export function renameExport(component: Uint8Array, from: string, to: string): Uint8Array {
  if (!PREAMBLE.every((byte, at) => component[at] === byte)) throw unreadable('it does not begin as a component does')
  const parts: Uint8Array[] = [PREAMBLE]
  let renamed = false
  for (let at = PREAMBLE.length; at < component.length;) {
    const section = readSection(component, at)
    const content = section.id === EXPORT_SECTION ? renameIn(section.content, from, to) : undefined
    if (content === undefined) parts.push(component.subarray(at, section.end))
    else {
      renamed = true
      parts.push(Uint8Array.of(EXPORT_SECTION, ...leb(content.length)), content)
    }
    at = section.end
  }
  if (!renamed) {
    const message = `Cannot rename export ${quote(from)}: the component has no export of that name`
    throw new ComponentExportError({ code: 'export-missing', name: from }, message)
  }
  return Buffer.concat(parts)
}

type Section = { readonly id: number; readonly content: Uint8Array; readonly end: number }

function readSection(component: Uint8Array, at: number): Section {
  const size = readLeb(component, at + 1)
  const end = size.next + size.value
  if (end > component.length) throw unreadable(`section ${component[at]} at byte ${at} reaches beyond the end`)
  return { id: component[at] ?? 0, content: component.subarray(size.next, end), end }
}

/** The name of an export is a byte for its kind, a length, and UTF-8; it is the first of the section that can match. */
function renameIn(content: Uint8Array, from: string, to: string): Uint8Array | undefined {
  const wanted = named(from)
  const at = Buffer.from(content.buffer, content.byteOffset, content.length).indexOf(wanted)
  if (at === -1) return undefined
  return Buffer.concat([content.subarray(0, at), named(to), content.subarray(at + wanted.length)])
}

function named(name: string): Uint8Array {
  const text = Buffer.from(name)
  return Buffer.concat([Uint8Array.of(0, ...leb(text.length)), text])
}

function leb(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  do {
    const more = rest > 0x7f
    bytes.push((rest & 0x7f) | (more ? 0x80 : 0))
    rest >>>= 7
  } while (rest > 0)
  return bytes
}

function readLeb(bytes: Uint8Array, at: number): { value: number; next: number } {
  let value = 0
  for (let index = 0; index < 5; index += 1) {
    const byte = bytes[at + index]
    if (byte === undefined) throw unreadable(`a length at byte ${at} is cut off`)
    value += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return { value, next: at + index + 1 }
  }
  throw unreadable(`a length at byte ${at} is longer than five bytes`)
}

function unreadable(reason: string): ComponentExportError {
  return new ComponentExportError({ code: 'not-a-component', reason }, `Cannot read component: ${reason}`)
}
