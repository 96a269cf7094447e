import type { Node } from './syntax.ts'
import type { Term, Terms } from './terms.ts'

/** Bytes of the call's data: where they begin, and how many they are. */
type Bytes = { offset: Term; length: Term }
type Value = Term | Bytes

/** One call: its variables, when execution is still in it, and when it returned what. */
type Frame = {
  variables: Map<number, Value>
  on: Term
  returned: Term
  result: Value | undefined
  checked: boolean
  isProof: boolean
}

export type Outcome = { inputs: Term[]; failed: Term; reverted: Term }

/** More turns than the loops of any property take. */
const MAX_TURNS = 256

/**
 * Runs `prove` on all inputs at once: words are bit vectors, the data of the call is an array of bytes, and every branch is
 * taken on the condition that leads into it. Knows the part of Solidity that is written here, and throws at all else,
 * so nothing is left out in silence. `require` in `prove` is a premise; elsewhere it reverts.
 */
export function interpret(start: Node, declarations: ReadonlyMap<number, Node>, terms: Terms): Outcome {
  const { constant, truth, word, compare, not, and, or, choose, resize } = terms
  const inputs: Term[] = []
  let failed = truth(false)
  let reverted = truth(false)

  terms.lines.push('(declare-const calldata (Array (_ BitVec 256) (_ BitVec 8)))')
  const frame = newFrame(truth(true), true)
  for (const variable of start.parameters.parameters) {
    frame.variables.set(variable.id, inputOf(variable.name, typeOf(variable)))
  }
  if (start.body) run(start.body, frame)
  return { inputs, failed, reverted }

  function newFrame(on: Term, isProof: boolean): Frame {
    return { variables: new Map(), on, returned: truth(false), result: undefined, checked: true, isProof }
  }

  function inputOf(name: string, type: string): Value {
    const take = (input: string, bits: number) => {
      const term = terms.input(input, bits)
      inputs.push(term)
      return term
    }
    if (type === 'bytes calldata') return { offset: take(`${name}.offset`, 256), length: take(`${name}.length`, 256) }
    return take(name, bitsOf(type))
  }

  // ------------------------------------------------------------------------------------------------------ statements

  function run(node: Node, at: Frame): void {
    switch (node.nodeType) {
      case 'Block':
        for (const statement of node.statements) run(statement, at)
        return
      case 'UncheckedBlock':
        at.checked = false
        for (const statement of node.statements) run(statement, at)
        at.checked = true
        return
      case 'VariableDeclarationStatement':
        return declare(node, at)
      case 'ExpressionStatement':
        return act(node.expression, at)
      case 'IfStatement':
        return branch(node, at)
      case 'ForStatement':
        return loop(node, at)
      case 'InlineAssembly':
        return assemble(node, at)
      case 'Return': {
        const value = evaluate(node.expression, at)
        at.result = at.result === undefined ? value : merge(at.on, value, at.result)
        at.returned = or(at.returned, at.on)
        at.on = truth(false)
        return
      }
      default:
        throw unknown(node, 'statement')
    }
  }

  function declare(node: Node, at: Frame): void {
    const [variable] = node.declarations
    if (!variable || node.declarations.length !== 1) throw unknown(node, 'declaration')
    at.variables.set(variable.id, node.initialValue ? convert(node.initialValue, typeOf(variable), at) : zero(variable))
  }

  function act(node: Node, at: Frame): void {
    const called = node.nodeType === 'FunctionCall' ? node.expression.name : ''
    if (called === 'revert') return revertIf(truth(true), at)
    const [condition] = node.arguments ?? []
    if (called === 'assert' && condition) {
      failed = or(failed, and(at.on, not(term(condition, at))))
      return
    }
    if (called === 'require' && condition) {
      const holds = term(condition, at)
      if (!at.isProof) revertIf(not(holds), at)
      else at.on = and(at.on, holds)
      return
    }
    if (node.nodeType === 'UnaryOperation' && node.operator === '++') {
      const one = constant(bitsOf(node.typeDescriptions.typeString), 1n)
      return assign(node.subExpression, arithmetic('+', term(node.subExpression, at), one, at), at)
    }
    if (node.nodeType === 'Assignment') {
      const type = node.leftHandSide.typeDescriptions.typeString
      const right = convert(node.rightHandSide, type, at)
      if (node.operator === '=') return assign(node.leftHandSide, right, at)
      const operator = node.operator.slice(0, -1)
      return assign(node.leftHandSide, arithmetic(operator, term(node.leftHandSide, at), asTerm(node, right), at), at)
    }
    evaluate(node, at)
  }

  function zero(variable: Node): Term {
    return constant(bitsOf(typeOf(variable)), 0n)
  }

  function assign(node: Node, value: Value, at: Frame): void {
    if (node.nodeType !== 'Identifier') throw unknown(node, 'assignment')
    at.variables.set(node.referencedDeclaration, value)
  }

  /** Each way has its own variables; where both go on, they meet again. Values of a way that ended matter to nobody. */
  function branch(node: Node, at: Frame): void {
    const condition = term(node.condition, at)
    const [before, variables] = [at.on, at.variables]
    at.on = and(before, condition)
    at.variables = new Map(variables)
    run(node.trueBody, at)
    const [onTrue, ifTrue] = [at.on, at.variables]
    at.on = and(before, not(condition))
    at.variables = new Map(variables)
    if (node.falseBody) run(node.falseBody, at)
    for (const id of variables.keys()) {
      const [yes, no] = [ifTrue.get(id), at.variables.get(id)]
      if (yes && no && onTrue.known !== 0n) at.variables.set(id, at.on.known === 0n ? yes : merge(condition, yes, no))
    }
    at.on = or(onTrue, at.on)
  }

  function loop(node: Node, at: Frame): void {
    if (node.initializationExpression) run(node.initializationExpression, at)
    for (let turn = 0; turn <= MAX_TURNS; ++turn) {
      const goesOn = term(node.condition, at)
      if (goesOn.known === undefined) throw unknown(node, 'loop of a length that is not constant')
      if (goesOn.known === 0n) return
      run(node.body ?? node, at)
      run(node.loopExpression, at)
    }
    throw unknown(node, `loop of more than ${MAX_TURNS} turns`)
  }

  function assemble(node: Node, at: Frame): void {
    for (const statement of node.AST.statements) {
      const [target] = statement.variableNames ?? []
      if (statement.nodeType !== 'YulAssignment' || !target) throw unknown(statement, 'assembly')
      at.variables.set(referenceOf(node, target).declaration, assembly(node, statement.value as Node, at))
    }
  }

  // ----------------------------------------------------------------------------------------------------- expressions

  function evaluate(node: Node, at: Frame): Value {
    const type = node.typeDescriptions.typeString
    const literal = /^int_const (-?\d+)$/.exec(type)?.[1]
    if (literal !== undefined) return constant(256, BigInt(literal))
    switch (node.nodeType) {
      case 'Literal':
        if (node.kind === 'bool') return truth(node.value === 'true')
        return constant(256, BigInt(node.value as string))
      case 'TupleExpression':
        if (node.components.length !== 1) throw unknown(node, 'tuple')
        return evaluate(node.components[0] ?? node, at)
      case 'Identifier':
        return variable(node, at)
      case 'UnaryOperation':
        if (node.operator !== '~' && node.operator !== '!') throw unknown(node, 'operation')
        return not(term(node.subExpression, at))
      case 'BinaryOperation':
        return binary(node, at)
      case 'Conditional':
        return conditional(node, at)
      case 'MemberAccess':
        return member(node, at)
      case 'IndexAccess':
        return byteAt(node, at)
      case 'FunctionCall':
        if (node.kind !== 'typeConversion') return call(node, at)
        return convert(node.arguments[0] ?? node, type, at)
      default:
        throw unknown(node, 'expression')
    }
  }

  function term(node: Node, at: Frame): Term {
    return asTerm(node, evaluate(node, at))
  }

  /** The value of an expression as one of another type. */
  function convert(node: Node, type: string, at: Frame): Value {
    if (type === 'bytes calldata') return evaluate(node, at)
    const bits = bitsOf(type)
    if (node.typeDescriptions.typeString.startsWith('literal_string')) {
      if (4 * node.hexValue.length !== bits) throw unknown(node, `text as ${type}`)
      return constant(bits, BigInt(`0x${node.hexValue}`))
    }
    const value = term(node, at)
    const changesAlignment = type.startsWith('bytes') !== node.typeDescriptions.typeString.startsWith('bytes')
    if ((changesAlignment || bits === 0) && value.bits !== bits) throw unknown(node, `conversion to ${type}`)
    return resize(value, bits)
  }

  function variable(node: Node, at: Frame): Value {
    const value = at.variables.get(node.referencedDeclaration)
    return value ?? named(node, at)
  }

  function named(node: Node, at: Frame): Value {
    const declared = declarations.get(node.referencedDeclaration)
    if (!declared?.constant || declared.value === null) throw unknown(node, 'variable')
    return convert(declared.value as Node, typeOf(declared), newFrame(at.on, false))
  }

  function binary(node: Node, at: Frame): Term {
    const { operator, leftExpression, rightExpression } = node
    if (operator === '&&' || operator === '||') {
      const left = term(leftExpression, at)
      const right = under(operator === '&&' ? left : not(left), at, () => term(rightExpression, at))
      return operator === '&&' ? and(left, right) : or(left, right)
    }
    const type = node.commonType.typeString
    const left = asTerm(node, convert(leftExpression, type, at))
    const right = asTerm(node, convert(rightExpression, type, at))
    if (/^(==|!=|<=?|>=?)$/.test(operator)) return compare(operator, left, right)
    return arithmetic(operator, left, right, at)
  }

  /** With Solidity's checks, unless they are switched off. */
  function arithmetic(operator: string, a: Term, b: Term, at: Frame): Term {
    const isKnown = a.known !== undefined && b.known !== undefined
    if (operator === '/' || operator === '%') revertIf(compare('==', b, constant(b.bits, 0n)), at)
    const result = word(operator, a, b)
    if (!at.checked) return result
    if (operator === '+') revertIf(compare('<', result, a), at)
    if (operator === '-') revertIf(compare('<', a, b), at)
    if (operator === '*' && isKnown) revertIf(truth((a.known ?? 0n) * (b.known ?? 0n) !== result.known), at)
    else if (operator === '*') revertIf(not(terms.define(0, `(bvumul_noovfl ${a.text} ${b.text})`)), at)
    return result
  }

  function conditional(node: Node, at: Frame): Value {
    const condition = term(node.condition, at)
    const yes = under(condition, at, () => evaluate(node.trueExpression, at))
    const no = under(not(condition), at, () => evaluate(node.falseExpression, at))
    return merge(condition, yes, no)
  }

  function member(node: Node, at: Frame): Value {
    if (declarations.has(node.referencedDeclaration)) return named(node, at)
    const of = evaluate(node.expression, at)
    if (node.memberName === 'length' && !isTerm(of)) return of.length
    throw unknown(node, 'member')
  }

  function byteAt(node: Node, at: Frame): Term {
    const bytes = evaluate(node.baseExpression, at)
    if (isTerm(bytes)) throw unknown(node, 'index')
    const index = asTerm(node, convert(node.indexExpression, 'uint256', at))
    revertIf(compare('>=', index, bytes.length), at)
    return terms.define(8, `(select calldata ${word('+', bytes.offset, index).text})`)
  }

  function call(node: Node, at: Frame): Value {
    const declared = declarations.get(node.expression.referencedDeclaration)
    if (declared?.nodeType !== 'FunctionDefinition' || !declared.body) throw unknown(node, 'call')
    const inner = newFrame(at.on, false)
    for (const [place, parameter] of declared.parameters.parameters.entries()) {
      const given = node.arguments[place]
      if (given === undefined) throw unknown(node, 'call')
      inner.variables.set(parameter.id, convert(given, typeOf(parameter), at))
    }
    const [result] = declared.returnParameters.parameters
    if (result) inner.variables.set(result.id, zero(result))
    const before = reverted
    run(declared.body, inner)
    const last = result && inner.variables.get(result.id)
    if (last) inner.result = inner.result === undefined ? last : merge(inner.on, last, inner.result)
    if (reverted !== before) at.on = or(inner.on, inner.returned)
    return inner.result ?? truth(true) // of a function that returns nothing, and is not asked
  }

  function assembly(block: Node, node: Node, at: Frame): Term {
    if (node.nodeType === 'YulLiteral') return constant(256, BigInt(node.value as string))
    if (node.nodeType === 'YulIdentifier') {
      const { declaration, suffix } = referenceOf(block, node)
      const value = at.variables.get(declaration)
      if (value === undefined) throw unknown(node, 'variable')
      if (isTerm(value)) return value
      if (suffix !== 'offset') throw unknown(node, 'variable')
      return value.offset
    }
    const [a, b] = (node.arguments ?? []).map((argument) => assembly(block, argument, at))
    const name = node.functionName?.name
    if (name === 'add' && a && b) return word('+', a, b)
    if (name === 'calldataload' && a) {
      const bytes = Array.from({ length: 32 }, (_, index) => word('+', a, constant(256, BigInt(index))).text)
      return terms.define(256, `(concat ${bytes.map((place) => `(select calldata ${place})`).join(' ')})`)
    }
    throw unknown(node, 'assembly')
  }

  // ----------------------------------------------------------------------------------------------------------- paths

  function revertIf(condition: Term, at: Frame): void {
    if (condition.known === 0n) return
    reverted = or(reverted, and(at.on, condition))
    at.on = and(at.on, not(condition))
  }

  /** What `get` gives where `condition` holds. Leaves as it was whether execution goes on elsewhere. */
  function under<T>(condition: Term, at: Frame, get: () => T): T {
    const before = at.on
    const inside = and(before, condition)
    at.on = inside
    const value = get()
    at.on = at.on === inside ? before : or(and(before, not(condition)), at.on)
    return value
  }

  function merge(condition: Term, yes: Value, no: Value): Value {
    if (isTerm(yes) && isTerm(no)) return choose(condition, yes, no)
    if (isTerm(yes) || isTerm(no)) throw new Error('Cannot merge bytes with a word: expected two of a kind')
    return { offset: choose(condition, yes.offset, no.offset), length: choose(condition, yes.length, no.length) }
  }
}

function isTerm(value: Value): value is Term {
  return 'bits' in value
}

function asTerm(node: Node, value: Value): Term {
  if (!isTerm(value)) throw unknown(node, 'bytes')
  return value
}

function typeOf({ typeDescriptions, storageLocation }: Node): string {
  const { typeString } = typeDescriptions
  return storageLocation === 'calldata' ? typeString.replace(/( calldata)?$/, ' calldata') : typeString
}

function bitsOf(type: string): number {
  if (type === 'bool') return 0
  const [, kind, size] = /^(uint|bytes)(\d+)$/.exec(type) ?? []
  if (size === undefined) throw new Error(`Cannot compute with ${type}: expected a word or a truth value`)
  return kind === 'uint' ? Number(size) : 8 * Number(size)
}

function referenceOf(block: Node, { src, name }: Node): { declaration: number; suffix?: string } {
  const reference = block.externalReferences.find((candidate) => candidate.src === src)
  if (reference === undefined) throw new Error(`Cannot compute with ${name} in assembly: expected a variable`)
  return reference
}

function unknown({ nodeType, src }: Node, what: string): Error {
  return new Error(`Cannot interpret the ${what} ${nodeType} at ${src}: it is not known here`)
}
