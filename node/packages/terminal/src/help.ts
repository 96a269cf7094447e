import { runScript } from '@hyperware/process'

const COMMANDS: readonly (readonly [command: string, meaning: string])[] = [
  ['alias <name> [process id]', 'lets a word stand for a script; without an id it no longer does'],
  ['cat <path>', 'shows a file, such as /terminal:sys/pkg/scripts.json'],
  ['echo <text>', 'says it back'],
  ['help [command]', 'shows this'],
  ['hi <node> <message>', 'greets another node'],
  ['kill <process id>', 'ends a process'],
  ["m <address> '<body>' [-a seconds]", 'sends a message, with -a waits for the response'],
  ['top [process id] [-c]', 'lists processes, with -c every capability they hold'],
  ['<process:package:publisher> <argument>', 'runs any script of an installed package'],
]

const KEYS = 'Ctrl-C or Ctrl-D stops the node, Ctrl-V changes how much is shown, Ctrl-L turns log files on and off'

/** `help [command]`. */
export function init(): void {
  runScript((argument) => {
    const wanted = argument.trim()
    const found = wanted === '' ? COMMANDS : COMMANDS.filter(([command]) => command.split(' ', 1)[0] === wanted)
    if (found.length === 0) return { failed: `there is no command "${wanted}"` }
    const lines = found.map(([command, meaning]) => `${command}\n  ${meaning}`)
    return wanted === '' ? `${lines.join('\n')}\n${KEYS}` : lines.join('\n')
  })
}
