import { toEventSelector, toFunctionSelector } from 'viem'
import type { Hex } from 'viem'

/** An argument: a word of 64 hex digits, or what stands behind the offset of a dynamic one. */
export type Part = string | { tail: string }

/** A number or a hex value of at most 32 bytes, right-aligned. */
export function word(value: number | bigint | boolean | Hex): string {
  const digits =
    typeof value === 'string' ? value.slice(2) : (typeof value === 'boolean' ? Number(value) : value).toString(16)
  return digits.padStart(64, '0')
}

/** Left-aligned, as `bytes4` is. */
export function leftWord(value: Hex): string {
  return value.slice(2).padEnd(64, '0')
}

/** Heads, then tails: the encoding of a list of arguments, without `0x`. */
export function encodeParts(parts: readonly Part[]): string {
  let heads = ''
  let tails = ''
  for (const part of parts) {
    if (typeof part === 'string') {
      heads += part
    } else {
      heads += word(parts.length * 32 + tails.length / 2)
      tails += part.tail
    }
  }
  return heads + tails
}

export function bytes(value: Hex): Part {
  const digits = value.slice(2)
  return { tail: word(digits.length / 2) + digits.padEnd(Math.ceil(digits.length / 64) * 64, '0') }
}

/** A tuple with at least one dynamic member. */
export function tuple(parts: readonly Part[]): Part {
  return { tail: encodeParts(parts) }
}

export function array(items: readonly Part[]): Part {
  return { tail: word(items.length) + encodeParts(items) }
}

/** Call data, or revert data of an error: both begin with four bytes of the signature's hash. */
export function encodeCall(signature: string, ...parts: readonly Part[]): Hex {
  return `${selectorOf(signature)}${encodeParts(parts)}`
}

export function encodeResult(...parts: readonly Part[]): Hex {
  return `0x${encodeParts(parts)}`
}

const selectors = new Map<string, Hex>()

export function selectorOf(signature: string): Hex {
  let selector = selectors.get(signature)
  if (selector === undefined) {
    selector = toFunctionSelector(signature)
    selectors.set(signature, selector)
  }
  return selector
}

const topics = new Map<string, Hex>()

/** First topic of an event. */
export function topicOf(signature: string): Hex {
  let topic = topics.get(signature)
  if (topic === undefined) {
    topic = toEventSelector(signature)
    topics.set(signature, topic)
  }
  return topic
}

/** Bytes of a string whose characters are bytes. */
export function byteString(text: string): Hex {
  return `0x${Buffer.from(text, 'latin1').toString('hex')}`
}
