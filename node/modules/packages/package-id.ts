import { isHypermapSafe, type PackageId } from '@hyperware/protocol'

/** The id of a package, such as `hello:example.os`; undefined when it is none that a node could run. */
export function findPackageId(text: string): PackageId | undefined {
  const [name = '', publisher = '', ...more] = text.split(':')
  if (more.length > 0 || !isHypermapSafe({ process: name, package: name, publisher })) return undefined
  return { package: name, publisher }
}
