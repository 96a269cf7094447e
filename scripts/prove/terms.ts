/** A value as z3 knows it: a bit vector, or a truth value, which has no bits. `known` is set where it is a constant. */
export type Term = { bits: number; text: string; known?: bigint }

export type Terms = ReturnType<typeof createTerms>

const words: Readonly<Record<string, string>> = {
  '+': 'bvadd',
  '-': 'bvsub',
  '*': 'bvmul',
  '/': 'bvudiv',
  '%': 'bvurem',
  '&': 'bvand',
  '|': 'bvor',
  '^': 'bvxor',
  '<<': 'bvshl',
  '>>': 'bvlshr',
}
const comparisons: Readonly<Record<string, string>> = {
  '==': '=',
  '<': 'bvult',
  '<=': 'bvule',
  '>': 'bvugt',
  '>=': 'bvuge',
}

/** Builds terms of the theory of bit vectors, and lists what they consist of, each part once. */
export function createTerms() {
  const lines: string[] = []

  /** An input: any value. */
  function input(name: string, bits: number): Term {
    lines.push(`(declare-const ${name} ${sort(bits)})`)
    return { bits, text: name }
  }

  function constant(bits: number, value: bigint): Term {
    if (bits === 0) return { bits, text: value === 0n ? 'false' : 'true', known: value }
    if (value < 0n || value >> BigInt(bits) !== 0n) {
      throw new Error(`Cannot write ${value}: expected a number of ${bits} bits`)
    }
    return { bits, text: `(_ bv${value} ${bits})`, known: value }
  }

  const truth = (value: boolean) => constant(0, value ? 1n : 0n)

  function define(bits: number, text: string): Term {
    const name = `t${lines.length}`
    lines.push(`(define-fun ${name} () ${sort(bits)} ${text})`)
    return { bits, text: name }
  }

  /** What the machine computes: the result modulo 2^bits; quotients and remainders by zero are all ones. */
  function word(operator: string, a: Term, b: Term): Term {
    const name = words[operator]
    if (name === undefined) throw new Error(`Cannot compute "${operator}": it is not known here`)
    if (a.known !== undefined && b.known !== undefined) {
      const value = fold(operator, a.known, b.known)
      return constant(a.bits, BigInt.asUintN(a.bits, value))
    }
    return define(a.bits, `(${name} ${a.text} ${b.text})`)
  }

  function compare(operator: string, a: Term, b: Term): Term {
    if (operator === '!=') return not(compare('==', a, b))
    const name = comparisons[operator]
    if (name === undefined) throw new Error(`Cannot compare by "${operator}": it is not known here`)
    if (a.known !== undefined && b.known !== undefined) return truth(order(operator, a.known, b.known))
    return define(0, `(${name} ${a.text} ${b.text})`)
  }

  function not(a: Term): Term {
    if (a.bits > 0) return word('^', a, constant(a.bits, (1n << BigInt(a.bits)) - 1n))
    return a.known === undefined ? define(0, `(not ${a.text})`) : truth(a.known === 0n)
  }

  function and(a: Term, b: Term): Term {
    if (a.known !== undefined) return a.known === 0n ? a : b
    if (b.known !== undefined) return b.known === 0n ? b : a
    return define(0, `(and ${a.text} ${b.text})`)
  }

  function or(a: Term, b: Term): Term {
    if (a.known !== undefined) return a.known === 0n ? b : a
    if (b.known !== undefined) return b.known === 0n ? a : b
    return define(0, `(or ${a.text} ${b.text})`)
  }

  function choose(condition: Term, yes: Term, no: Term): Term {
    if (condition.known !== undefined) return condition.known === 0n ? no : yes
    return yes.text === no.text ? yes : define(yes.bits, `(ite ${condition.text} ${yes.text} ${no.text})`)
  }

  /** The low `bits` of a word, or zeros before it. */
  function resize(a: Term, bits: number): Term {
    if (a.bits === bits) return a
    if (a.known !== undefined) return constant(bits, BigInt.asUintN(bits, a.known))
    const text =
      bits < a.bits ? `((_ extract ${bits - 1} 0) ${a.text})` : `((_ zero_extend ${bits - a.bits}) ${a.text})`
    return define(bits, text)
  }

  return { lines, input, constant, truth, define, word, compare, not, and, or, choose, resize }
}

function sort(bits: number): string {
  return bits === 0 ? 'Bool' : `(_ BitVec ${bits})`
}

function fold(operator: string, a: bigint, b: bigint): bigint {
  if (operator === '+') return a + b
  if (operator === '-') return a - b
  if (operator === '*') return a * b
  if (operator === '&') return a & b
  if (operator === '|') return a | b
  if (operator === '^') return a ^ b
  if (operator === '<<') return b < 256n ? a << b : 0n
  if (operator === '>>') return b < 256n ? a >> b : 0n
  if (b === 0n) return -1n
  return operator === '/' ? a / b : a % b
}

function order(operator: string, a: bigint, b: bigint): boolean {
  if (operator === '==') return a === b
  if (operator === '<') return a < b
  if (operator === '<=') return a <= b
  return operator === '>' ? a > b : a >= b
}
