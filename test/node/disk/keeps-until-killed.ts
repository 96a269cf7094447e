// Keeps one file again and again, each time of another recipe, until it is killed: node keeps-until-killed.ts FOLDER
import { keepFile } from '../../../node/disk/kept-file.ts'

const [root = ''] = process.argv.slice(2)
process.stdout.write('keeping\n')
for (let round = 0; ; round += 1) {
  const bytes = Buffer.alloc(2 * 1_024 * 1_024, round)
  await keepFile({ file: `${root}/cache/kept`, recipe: String(round % 256), root }, () =>
    Promise.resolve({ bytes, inputs: [] }),
  )
}
