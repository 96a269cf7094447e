import { Command } from 'commander'
import { EXIT } from '../errors.ts'

/**
 * The command line of a program behind an npm script, such as `npm run prove --`: add arguments and options to it, and
 * `parse()`. Help ends the program with exit code 0; what it does not know, with 2 and an error that names it, as for
 * `hyperware`.
 */
export function npmScript(call: string, description: string): Command {
  return new Command(call)
    .description(description)
    .showSuggestionAfterError()
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.ok : EXIT.usage))
}
