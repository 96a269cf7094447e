const TICK_MS = 100
const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const NAME_WIDTH = 8

/** Where progress is shown: a terminal whose lines can be rewritten, or a stream that only takes new ones. */
export type ProgressScreen = { write: (text: string) => void; isTerminal: boolean; columns: number }

export type Stage = {
  /** What the stage is at. */
  note: (text: string) => void
  done: (text: string) => void
  failed: () => void
}

/** Seconds that each stage took, in order of their end. */
export type StageTimes = readonly { stage: string; seconds: number }[]

export type Progress = {
  stage: (name: string) => Stage
  /** A line that stays, whatever the stages do. */
  say: (line: string) => void
  times: () => StageTimes
  close: () => void
}

type StageState = { name: string; text: string; startedAtMs: number; seconds: number | undefined; failed: boolean }

function formatStage(state: StageState, mark: string, columns: number): string {
  const seconds = state.seconds === undefined ? '' : ` (${state.seconds.toFixed(1)} s)`
  const line = `${mark} ${state.name.padEnd(NAME_WIDTH)} ${state.text}`
  return line.slice(0, Math.max(20, columns - seconds.length - 1)) + seconds
}

function markOf(state: StageState, tick: number): string {
  if (state.failed) return '✗'
  if (state.seconds !== undefined) return '✓'
  return SPINNER[tick % SPINNER.length] ?? ' '
}

/**
 * Shows stages that run beside each other: in place on a terminal, one line at the start and end of each elsewhere.
 * `nowMs` is the caller's clock.
 */
export function createProgress(screen: ProgressScreen, nowMs: () => number): Progress {
  const states: StageState[] = []
  const ended: { stage: string; seconds: number }[] = []
  let drawn = 0
  let tick = 0

  const erase = () => {
    if (drawn > 0) screen.write(`\u001b[${drawn}A\u001b[J`)
    drawn = 0
  }
  const draw = () => {
    if (!screen.isTerminal) return
    erase()
    for (const state of states) screen.write(`${formatStage(state, markOf(state, tick), screen.columns)}\n`)
    drawn = states.length
  }
  const timer = screen.isTerminal
    ? setInterval(() => {
        tick++
        draw()
      }, TICK_MS)
    : undefined
  timer?.unref()

  return {
    stage: (name) => {
      const state: StageState = { name, text: '', startedAtMs: nowMs(), seconds: undefined, failed: false }
      states.push(state)
      draw()
      return {
        note: (text) => {
          state.text = text
        },
        done: (text) => {
          state.text = text
          state.seconds = (nowMs() - state.startedAtMs) / 1000
          ended.push({ stage: name, seconds: state.seconds })
          if (screen.isTerminal) draw()
          else screen.write(`${name.padEnd(NAME_WIDTH)} ${text} (${state.seconds.toFixed(1)} s)\n`)
        },
        failed: () => {
          if (state.seconds !== undefined) return
          state.failed = true
          draw()
        },
      }
    },
    say: (line) => {
      erase()
      screen.write(`${line}\n`)
      draw()
    },
    times: () => ended,
    close: () => {
      clearInterval(timer)
      draw()
      drawn = 0
      states.length = 0 // what was drawn stays on the screen as it is
    },
  }
}
