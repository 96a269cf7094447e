import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { stopWithoutReaders } from '../../scripts/cli/output.ts'

/** What happens when a write to an output fails with `code`. */
function failWrite(code: string, isTTY: boolean): { stops: number; thrown: unknown } {
  const output = Object.assign(new PassThrough(), { isTTY })
  let stops = 0
  stopWithoutReaders([output], () => {
    stops++
  })
  try {
    output.emit('error', Object.assign(new Error(`write ${code}`), { code }))
  } catch (thrown) {
    return { stops, thrown }
  }
  return { stops, thrown: undefined }
}

test.each([
  ['a closed pipe', 'EPIPE', false],
  ['a terminal whose window was closed', 'EIO', true],
  ['a terminal that is no more', 'ENXIO', true],
])('a write to %s stops the work, and is no failure of it', (_output, code, isTTY) => {
  expect(failWrite(code, isTTY)).toEqual({ stops: 1, thrown: undefined })
})

test.each([
  ['a full disk', 'ENOSPC', false],
  ['a broken disk', 'EIO', false],
  ['a terminal that was closed here', 'EBADF', true],
])('a write to %s is a failure', (_output, code, isTTY) => {
  expect(failWrite(code, isTTY)).toMatchObject({ stops: 0, thrown: { message: `write ${code}` } })
})
