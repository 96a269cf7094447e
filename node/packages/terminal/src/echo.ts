import { runScript } from '@hyperware/process'

/** `echo <anything>`: says it back. */
export function init(): void {
  runScript((argument) => argument)
}
