/**
 * What the small JavaScript engine inside a process lacks and our code uses. The builder puts this in front of the
 * code of a process. Text is UTF-8 only, as everywhere in Hyperware.
 */

class Utf8Encoder {
  encode(text = '') {
    const bytes = []
    for (const character of text) {
      let code = character.codePointAt(0)
      if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd
      if (code < 0x80) bytes.push(code)
      else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f))
      else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f))
      else
        bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 0x3f), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f))
    }
    return Uint8Array.from(bytes)
  }
}

/**
 * What may follow the first byte of a sequence: how many bytes, and the bounds of the one right after it, which leave out
 * what could have been written shorter, surrogates, and codes beyond the last.
 */
function followersOf(first) {
  if (first >= 0xc2 && first <= 0xdf) return { count: 1, low: 0x80, high: 0xbf }
  if (first >= 0xe0 && first <= 0xef) {
    return { count: 2, low: first === 0xe0 ? 0xa0 : 0x80, high: first === 0xed ? 0x9f : 0xbf }
  }
  if (first >= 0xf0 && first <= 0xf4) {
    return { count: 3, low: first === 0xf0 ? 0x90 : 0x80, high: first === 0xf4 ? 0x8f : 0xbf }
  }
  return { count: 0, low: 0, high: 0 }
}

class Utf8Decoder {
  constructor(label = 'utf-8', { fatal = false, ignoreBOM = false } = {}) {
    if (label !== 'utf-8' && label !== 'utf8') throw new RangeError(`Cannot decode ${label}, expected utf-8`)
    this.fatal = fatal
    this.ignoreBOM = ignoreBOM
  }

  decode(bytes = new Uint8Array(0)) {
    const pieces = []
    let run = []
    for (let at = 0; at < bytes.length;) {
      const { code, size } = this.#read(bytes, at)
      at += size
      if (code !== 0xfeff || at !== size || this.ignoreBOM) run.push(code)
      // Few enough at a time for the arguments of one call.
      if (run.length === 4096) {
        pieces.push(String.fromCodePoint(...run))
        run = []
      }
    }
    return pieces.join('') + String.fromCodePoint(...run)
  }

  #read(bytes, at) {
    const first = bytes[at]
    if (first < 0x80) return { code: first, size: 1 }
    const { count, low, high } = followersOf(first)
    if (count === 0) return this.#bad(1)
    let code = first & (0x3f >> count)
    for (let index = 1; index <= count; index += 1) {
      const byte = bytes[at + index]
      const fits = byte !== undefined && (index === 1 ? byte >= low && byte <= high : (byte & 0xc0) === 0x80)
      // What did fit is replaced as one, as the platforms do.
      if (!fits) return this.#bad(index)
      code = (code << 6) | (byte & 0x3f)
    }
    return { code, size: count + 1 }
  }

  #bad(size) {
    if (this.fatal) throw new TypeError('Cannot decode text: the bytes are not UTF-8')
    return { code: 0xfffd, size }
  }
}

globalThis.TextEncoder ??= Utf8Encoder
globalThis.TextDecoder ??= Utf8Decoder
