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

/** The least code that each length of sequence may stand for: anything shorter could have been written shorter. */
const LEAST = [0, 0, 0x80, 0x800, 0x10000]

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
    const length =
      first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xc2 && first < 0xe0 ? 2 : 0
    let code = length === 0 ? 0 : first & (0x7f >> length)
    for (let index = 1; index < length; index += 1) {
      const byte = bytes[at + index]
      if (byte === undefined || (byte & 0xc0) !== 0x80) return this.#bad()
      code = (code << 6) | (byte & 0x3f)
    }
    const sound = length > 0 && code >= LEAST[length] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
    return sound ? { code, size: length } : this.#bad()
  }

  #bad() {
    if (this.fatal) throw new TypeError('Cannot decode text: the bytes are not UTF-8')
    return { code: 0xfffd, size: 1 }
  }
}

/**
 * The engine is set up once, when the component is built, so its own generator would give every start the same
 * numbers. This one begins with the clock of the start. Nothing secret may come of it.
 */
let seed
Math.random = () => {
  seed ??= Date.now() ^ (Date.now() * 2654435761)
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}

globalThis.TextEncoder ??= Utf8Encoder
globalThis.TextDecoder ??= Utf8Decoder
