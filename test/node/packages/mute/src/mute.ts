import { print, receive } from '@hyperware/process'

/** A script as live ones are: it prints, and ends without an answer. */
export function init(): void {
  receive()
  print('done')
}
