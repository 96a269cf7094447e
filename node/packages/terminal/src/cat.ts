import { runScript, vfs } from '@hyperware/process'

/** `cat <path>`: shows a file of the virtual file system as text. */
export function init(): void {
  runScript((argument) => {
    const path = argument.trim()
    if (path === '') return { failed: 'usage: cat <path>, such as /terminal:sys/pkg/scripts.json' }
    return new TextDecoder().decode(vfs.read(path))
  })
}
