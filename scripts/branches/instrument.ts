import { createHash } from 'node:crypto'

/**
 * Hardhat counts which statements ran. This adds which way each condition went: every condition of an `if`, a ternary or a
 * loop, and every operand of `&&` and `||`, also in assembly, is sent through a function that reports what it was; every
 * branch of a `try` and every function reports that it began. They report as Hardhat's statements do, with other tags.
 */
export type Outcome = { file: string; line: number; text: string; went: 'true' | 'false' | 'begun'; tag: string }

/** The part of solc's syntax tree that is read here. Kinds of node differ in everything else. */
export type SyntaxNode = { nodeType: string; src: string; [field: string]: unknown }

type Insertion = { at: number; text: string }

/** Where Hardhat's runner listens, and where it has its library. */
const LISTENER = '0xc0bEc0BEc0BeC0bEC0beC0bEC0bEC0beC0beC0BE'
const LIBRARY = '__NomicFoundationCoverage'

const SOLIDITY_REPORTER = `
function __branch(bool outcome, uint256 ifTrue, uint256 ifFalse) pure returns (bool) {
    ${LIBRARY}.sendHit(outcome ? ifTrue : ifFalse);
    return outcome;
}
`

/** Reports from memory that no contract uses, and brings back what the last call returned, by the identity contract. */
const ASSEMBLY_REPORTER = `
function __branchInAssembly(condition, ifTrue, ifFalse) -> outcome {
    outcome := condition
    let size := returndatasize()
    returndatacopy(0x20020, 0, size)
    if condition { ifFalse := ifTrue }
    mstore(0x20000, ifFalse)
    pop(staticcall(gas(), ${LISTENER}, 0x20000, 0x20, 0, 0))
    pop(staticcall(gas(), 4, 0x20020, size, 0, 0))
    mstore(0x20000, 0)
}
`

/** A source whose lines are those of the one given, with a report of each outcome, and the list of outcomes. */
export function instrumentBranches(
  file: string,
  source: string,
  parse: (source: string) => SyntaxNode,
): { source: string; outcomes: Outcome[] } {
  const bytes = Buffer.from(source)
  const outcomes: Outcome[] = []
  const openings: Insertion[] = []
  const closings: Insertion[] = []

  function rangeOf(node: SyntaxNode): { start: number; end: number } {
    const [start = 0, length = 0] = node.src.split(':').map(Number)
    return { start, end: start + length }
  }

  function outcome(node: SyntaxNode, went: Outcome['went']): string {
    const { start, end } = rangeOf(node)
    const line = bytes.subarray(0, start).toString().split('\n').length
    const text = plainText(bytes.subarray(start, end).toString())
    const tag = createHash('sha256').update(`${file}:${outcomes.length}:${went}`).digest('hex')
    outcomes.push({ file, line, text, went, tag })
    return `0x${tag}`
  }

  function reportCondition(condition: SyntaxNode, reporter: string): void {
    const { start, end } = rangeOf(condition)
    openings.push({ at: start, text: `${reporter}(` })
    closings.push({ at: end, text: `, ${outcome(condition, 'true')}, ${outcome(condition, 'false')})` })
  }

  function reportBeginning(block: SyntaxNode, named: SyntaxNode): void {
    openings.push({ at: rangeOf(block).start + 1, text: `${LIBRARY}.sendHit(${outcome(named, 'begun')});` })
  }

  /** The operands of `&&` and `||`, down to those that are neither; a literal, as in `while (true)`, has one outcome. */
  function operands(condition: SyntaxNode): SyntaxNode[] {
    const inner = condition['components']
    if (condition.nodeType === 'TupleExpression' && isNodes(inner)) return inner.flatMap(operands)
    if (isJunction(condition)) return children(condition).flatMap(operands)
    return condition.nodeType === 'Literal' ? [] : [condition]
  }

  const seen = new Set<string>()
  function visit(node: SyntaxNode): void {
    if (node.nodeType === 'YulSwitch') throw new Error(`Cannot report the cases of the switch at ${file}:${node.src}`)
    const condition = node['condition']
    const reporter = node.nodeType.startsWith('Yul') ? '__branchInAssembly' : '__branch'
    for (const operand of [
      ...(isNode(condition) ? operands(condition) : []),
      ...(isJunction(node) ? operands(node) : []),
    ]) {
      if (seen.has(operand.src)) continue
      seen.add(operand.src)
      reportCondition(operand, reporter)
    }
    const body = node['body']
    if (node.nodeType === 'FunctionDefinition' && isNode(body)) reportBeginning(body, node)
    if (node.nodeType === 'TryCatchClause' && isNode(node['block'])) reportBeginning(node['block'], node)
    const before = outcomes.length
    for (const child of children(node)) visit(child)
    if (node.nodeType === 'InlineAssembly' && isNode(node['AST']) && outcomes.length > before) {
      openings.push({ at: rangeOf(node['AST']).start + 1, text: onOneLine(ASSEMBLY_REPORTER) })
    }
  }

  visit(parse(source))
  // What is found later lies within what was found before: it closes first.
  return {
    source: insert(bytes, [...openings, ...closings.toReversed()]) + (outcomes.length > 0 ? SOLIDITY_REPORTER : ''),
    outcomes,
  }
}

function isJunction({ nodeType, operator }: SyntaxNode): boolean {
  return nodeType === 'BinaryOperation' && (operator === '&&' || operator === '||')
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'nodeType' in value && 'src' in value
}

function isNodes(value: unknown): value is SyntaxNode[] {
  return Array.isArray(value) && value.every(isNode)
}

function children(node: SyntaxNode): SyntaxNode[] {
  return Object.values(node)
    .flatMap((value) => (Array.isArray(value) ? value : [value]))
    .filter(isNode)
}

function insert(bytes: Buffer, insertions: readonly Insertion[]): string {
  const inOrder = insertions.toSorted((a, b) => a.at - b.at)
  let from = 0
  const parts = inOrder.map(({ at, text }) => {
    const part = bytes.subarray(from, at).toString() + text
    from = at
    return part
  })
  return parts.join('') + bytes.subarray(from).toString()
}

/** As it was written, without Hardhat's reports, and short. */
function plainText(text: string): string {
  const plain = onOneLine(text.replaceAll(new RegExp(`${LIBRARY}\\.sendHit\\(0x\\w+\\);`, 'g'), ''))
  return plain.length > 72 ? `${plain.slice(0, 71)}…` : plain
}

function onOneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}
