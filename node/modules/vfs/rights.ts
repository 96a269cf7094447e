import {
  type Capability,
  formatJson,
  type PackageId,
  type ProcessId,
  type VfsAction,
  VFS_PROCESS,
} from '@hyperware/protocol'
import { driveName, type VfsPath } from './vfs-path.ts'

/** What an action needs of its sender (modules.md section 3). `own`: the drive is of the sender's package. */
export type Right = 'read' | 'write' | 'own'

export function rightFor({ kind }: VfsAction): Right {
  switch (kind) {
    case 'CreateDrive':
      return 'own'
    case 'Read':
    case 'ReadDir':
    case 'ReadToEnd':
    case 'ReadExact':
    case 'ReadToString':
    case 'Seek':
    case 'Metadata':
    case 'Len':
    case 'Hash':
      return 'read'
    default:
      return 'write'
  }
}

export function driveCapability(ourName: string, kind: 'read' | 'write', path: VfsPath): Capability {
  return { issuer: { node: ourName, process: VFS_PROCESS }, params: formatJson({ kind, drive: driveName(path) }) }
}

export function rootCapability(ourName: string): Capability {
  return { issuer: { node: ourName, process: VFS_PROCESS }, params: formatJson({ root: true }) }
}

/** Whether `sender` has the right to `path`: of its own package always, else by capability. */
export function mayUse(
  deps: { readonly ourName: string; readonly has: (process: ProcessId, capability: Capability) => boolean },
  sender: ProcessId,
  right: Right,
  path: VfsPath,
): boolean {
  if (isOfPackage(sender, path.package)) return true
  if (right !== 'own' && deps.has(sender, driveCapability(deps.ourName, right, path))) return true
  return deps.has(sender, rootCapability(deps.ourName))
}

function isOfPackage(process: ProcessId, owner: PackageId): boolean {
  return process.package === owner.package && process.publisher === owner.publisher
}
