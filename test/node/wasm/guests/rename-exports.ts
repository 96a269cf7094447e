const EXPORT_SECTION = 11

/** Renames exports at the outermost level of a component. Each name must be exported there exactly once. */
export function renameExports(component: Uint8Array, names: Readonly<Record<string, string>>): Uint8Array {
  const parts = [component.subarray(0, 8)]
  const done = new Set<string>()
  for (let at = 8; at < component.length;) {
    const id = component[at] ?? 0
    const { value: size, next } = readLeb(component, at + 1)
    let body = component.subarray(next, next + size)
    if (id === EXPORT_SECTION) {
      for (const [from, to] of Object.entries(names)) {
        const renamed = renameIn(body, from, to)
        if (renamed === undefined || done.has(from)) continue
        body = renamed
        done.add(from)
      }
    }
    parts.push(Uint8Array.of(id), writeLeb(body.length), body)
    at = next + size
  }
  const missing = Object.keys(names).filter((name) => !done.has(name))
  if (missing.length > 0) throw new Error(`Cannot rename exports: the component has no ${missing.join(', ')}`)
  return new Uint8Array(Buffer.concat(parts))
}

function renameIn(body: Uint8Array, from: string, to: string): Uint8Array | undefined {
  const at = Buffer.from(body).indexOf(written(from))
  if (at === -1) return undefined
  return Buffer.concat([body.subarray(0, at), written(to), body.subarray(at + written(from).length)])
}

/** A name with the form and the length before it. */
function written(name: string): Buffer {
  return Buffer.concat([Uint8Array.of(0), writeLeb(name.length), Buffer.from(name)])
}

function readLeb(bytes: Uint8Array, start: number): { readonly value: number; readonly next: number } {
  let value = 0
  for (let at = start, shift = 0; ; at++, shift += 7) {
    const byte = bytes[at] ?? 0
    value += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) return { value, next: at + 1 }
  }
}

function writeLeb(value: number): Uint8Array {
  const out: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...out, rest])
    out.push((rest % 128) + 128)
  }
}
