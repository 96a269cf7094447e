import { formatJson, type JsonValue, utf8ToBytes } from '@hyperware/protocol'
import * as host from 'hyperware:process/standard@1.0.0'
import { jsonOf } from './body.ts'

/** What this process keeps over restarts: one value, which is on disk when `set` returns. */
export const state = {
  get: (): Uint8Array | undefined => host.getState() ?? undefined,
  set: (bytes: Uint8Array): void => host.setState(bytes),
  clear: (): void => host.clearState(),
  /** Undefined when nothing is kept. @throws BodyError when something else than JSON is. */
  getJson(): JsonValue | undefined {
    const bytes = host.getState()
    return bytes === null ? undefined : jsonOf(bytes)
  },
  setJson: (value: JsonValue): void => host.setState(utf8ToBytes(formatJson(value))),
}
