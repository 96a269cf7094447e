import { printToTerminal } from 'hyperware:process/standard@1.0.0'

/** Shows a line on the terminal of this node: 0 always, 1 to those who debug, 2 and 3 to the curious. */
export function print(text: string, verbosity = 0): void {
  printToTerminal(verbosity, text)
}
