/** The element of this id, which the page is known to hold. Throws when page and script do not fit together. */
export function byId<T extends HTMLElement>(id: string, type: { new (): T; prototype: T }): T {
  const element = document.getElementById(id)
  if (!(element instanceof type)) throw new TypeError(`Cannot find #${id} in the page`)
  return element
}

/** Writes only what changed, so that a selection, or a screen reader's place, is not disturbed each second. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

/** `12 s`, `3 min`, `5 h`, `2 days`: one unit, rounded down. */
export function formatDuration(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1_000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`
  const days = Math.floor(seconds / 86_400)
  return days === 1 ? '1 day' : `${days} days`
}
