import { PROCESS_COLUMNS } from './process-rates.ts'

/** A file the pages load. */
export type PageFile = { type: string; content: string }

/**
 * The page that asks for the password. The node's name is no secret: it salts the password's hash. The fields have no
 * names, so that a browser that submits the form before the script is there puts no password into an address.
 */
export function loginPage(node: string): string {
  return page({
    title: `Log in to ${node}`,
    script: '/assets/login.js',
    node,
    body: `
<main class="login">
  <div class="card">
    ${LOGO}
    <h1>${escapeHtml(node)}</h1>
    <p class="quiet">This node opens with its password. The password stays in this browser: only a hash of it is sent.</p>
    <form id="login" novalidate>
      <input type="text" autocomplete="username" value="${escapeHtml(node)}" hidden readonly>
      <label for="password">Password</label>
      <input id="password" type="password" autocomplete="current-password" required maxlength="1024"
        aria-describedby="problem" autofocus>
      <p id="problem" class="problem" role="alert"></p>
      <button id="submit" type="submit">Log in</button>
      <p id="working" class="quiet working" role="status"></p>
      <progress id="progress" max="1" value="0" aria-label="Progress" hidden></progress>
    </form>
    <noscript><p class="problem">This page hashes the password in the browser, so it needs JavaScript.</p></noscript>
  </div>
</main>`,
  })
}

/** The page of a node whose owner is logged in. Everything that changes is filled in by its script. */
export function homePage(node: string): string {
  return page({
    title: node,
    script: '/assets/home.js',
    node,
    body: `
<header class="top">
  <div class="brand">${LOGO}<h1>${escapeHtml(node)}</h1></div>
  <button id="logout" type="button" class="plain">Log out</button>
</header>
<main class="home">
  <p id="lost" class="banner" role="alert" hidden></p>
  <div id="warnings" role="status"></div>

  <section class="card greet" aria-labelledby="greet-title">
    <h2 id="greet-title">Greet a node</h2>
    <form id="greet" novalidate>
      <div class="field">
        <label for="greet-node">Name</label>
        <input id="greet-node" list="known-nodes" autocomplete="off" autocapitalize="none"
          spellcheck="false" required placeholder="robin-home.os" aria-describedby="answer">
        <datalist id="known-nodes"></datalist>
      </div>
      <div class="field">
        <label for="greet-text">Text <span class="quiet">(optional)</span></label>
        <input id="greet-text" autocomplete="off" maxlength="1000"
          placeholder="hello from ${escapeHtml(node)}">
      </div>
      <button id="greet-send" type="submit">Say hi</button>
    </form>
    <p id="answer" class="answer" role="status"></p>
  </section>

  <section class="card" aria-labelledby="identity-title">
    <h2 id="identity-title">Identity</h2>
    <dl>
      <dt>Name</dt><dd id="name">${escapeHtml(node)}</dd>
      <dt>Networking key</dt><dd><code id="net-key">…</code></dd>
      <dt>Routing</dt><dd id="routing">…</dd>
    </dl>
  </section>

  <section class="card" aria-labelledby="view-title">
    <h2 id="view-title">View of the chain</h2>
    <p id="view-state" class="state"><span class="dot" aria-hidden="true"></span><span id="view-text">…</span></p>
    <p id="view-problem" class="problem"></p>
    <dl>
      <dt>Chain</dt><dd id="view-chain">…</dd>
      <dt>Block</dt><dd id="view-block">…</dd>
      <dt>Known nodes</dt><dd id="view-known">…</dd>
    </dl>
  </section>

  <section class="card wide" aria-labelledby="peers-title">
    <h2 id="peers-title">Peers <span id="peer-count" class="count"></span></h2>
    <p id="no-peers" class="quiet">No links now. The first message to a node opens one.</p>
    <ul id="peers" class="peers"></ul>
  </section>

  <section class="card wide" aria-labelledby="processes-title">
    <h2 id="processes-title">Processes <span id="process-count" class="count"></span></h2>
    <table class="processes">
      <thead><tr>${PROCESS_COLUMNS.map((column) => `<th scope="col">${column}</th>`).join('')}</tr></thead>
      <tbody id="processes"></tbody>
    </table>
    <form id="terminal" class="terminal" novalidate>
      <div class="field">
        <label for="terminal-line">Terminal</label>
        <input id="terminal-line" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="4096"
          placeholder="help">
      </div>
      <button id="terminal-run" type="submit">Run</button>
    </form>
    <pre id="terminal-output" class="terminal-output" role="log" aria-label="Output of the terminal" tabindex="0" hidden></pre>
  </section>
</main>`,
  })
}

/** Two nodes and the link between them. */
const MARK =
  '<path d="M9 22 23 10" stroke="currentColor" stroke-width="3" stroke-linecap="round"/>' +
  '<circle cx="8" cy="23" r="6" fill="currentColor"/><circle cx="24" cy="9" r="6" fill="currentColor"/>'
const LOGO = `<svg class="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">${MARK}</svg>`

/** The mark as the browser's tab shows it, on light and dark. */
export const FAVICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" color="#6a5cff">${MARK}</svg>`

function page(input: { title: string; script: string; node: string; body: string }): string {
  return `<!doctype html>
<html lang="en" data-node="${escapeHtml(input.node)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(input.title)}</title>
<link rel="icon" href="/assets/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/style.css">
<script type="module" src="${input.script}"></script>
</head>
<body>${input.body}
</body>
</html>
`
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character)
}
