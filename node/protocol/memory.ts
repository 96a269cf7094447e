import { type JsonCodec, wholeNumber } from './json-codecs.ts'

/** What a package may write as the maximum of a process's memory: from one page to all that 32-bit addresses reach. */
export const memoryMaxBytesJson: JsonCodec<number> = wholeNumber(65_536, 2 ** 32)
