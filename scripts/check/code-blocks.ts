/** A fenced block of a Markdown page; `where` is `file:line` of its first line of code. */
export type CodeBlock = { where: string; language: string; text: string }

/** The fenced blocks of a page, in order. A fence that says `not-run` after its language is left out. */
export function codeBlocks(file: string, page: string): CodeBlock[] {
  const blocks: CodeBlock[] = []
  let open: { language: string; line: number; lines: string[] } | undefined
  for (const [index, line] of page.split('\n').entries()) {
    const fence = /^\s*```(.*)$/.exec(line)
    if (fence === null) open?.lines.push(line)
    else if (open === undefined) open = { language: fence[1]?.trim() ?? '', line: index + 2, lines: [] }
    else {
      blocks.push({ where: `${file}:${open.line}`, language: open.language, text: open.lines.join('\n') })
      open = undefined
    }
  }
  return blocks
}
