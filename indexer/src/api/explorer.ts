import type { GraphiQLOptions } from 'graphql-yoga'

/** GraphiQL's page says nothing of narrow windows: without this a phone shows it as on a desk, at a third of its size. */
const FOR_PHONES = `<meta name="viewport" content="width=device-width, initial-scale=1" />
<style>
@media (max-width: 640px) {
  .graphiql-container { flex-direction: column; }
  .graphiql-container .graphiql-sidebar { flex-direction: row; width: 100%; padding: var(--px-4) var(--px-8); flex: none; }
  .graphiql-container .graphiql-sidebar > button[style] { margin: 0 0 0 auto !important; }
  .graphiql-container .graphiql-main { position: relative; min-height: 0; }
  .graphiql-container .graphiql-plugin {
    position: absolute; z-index: 6; left: 0; width: 100%; height: 100%; border: 0; background-color: hsl(var(--color-base));
  }
  .graphiql-container .graphiql-sessions { margin: 0; border-radius: 0; }
  .graphiql-container #graphiql-session { flex-direction: column; min-height: 0; padding: 0; }
  .graphiql-container .graphiql-editors { border-radius: 0; min-height: 0; }
  .graphiql-container .graphiql-query-editor { flex-direction: column-reverse; padding: var(--px-8); min-height: 0; }
  .graphiql-container .graphiql-query-editor > .graphiql-editor { flex: 1; height: auto; min-height: 0; }
  .graphiql-container .graphiql-toolbar { flex-direction: row; width: 100%; }
  .graphiql-container .graphiql-response { min-height: 0; }
  .graphiql-container .graphiql-horizontal-drag-bar { display: none; }
  .graphiql-dialog .graphiql-dialog-section { flex-direction: column; align-items: start; gap: var(--px-8); }
  .graphiql-dialog .graphiql-dialog-section > :not(:first-child) { margin-left: 0; }
}
</style>
`

/** The explorer page: GraphiQL, with its panes one above the other where there is no room beside each other. */
export async function renderExplorer(options?: GraphiQLOptions): Promise<string> {
  // The page is 9 MB of script: it is read when somebody first opens it.
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
  return renderGraphiQL(options).replace('</head>', `${FOR_PHONES}</head>`)
}
