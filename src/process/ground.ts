import type { Report } from '../message/exchange.ts'
import { PrivateFolder } from './folder.ts'
import { Keeper } from './keeper.ts'
import { clean } from './stale.ts'

/** What all applications of a supervisor share: its folder, and who ends them if it cannot. */
export class Ground {
  readonly folder: PrivateFolder
  readonly keeper: Keeper

  private constructor(folder: PrivateFolder, keeper: Keeper) {
    this.folder = folder
    this.keeper = keeper
  }

  /**
   * Ends what others left in this folder, too, that were killed.
   * @param base Where the folders of supervisors are.
   * @throws Error where there can be no folder, with what to do.
   */
  static async open(base: string, report: Report): Promise<Ground> {
    if (process.platform === 'win32') throw new Error('applications are started on Linux, macOS and other Unix only')
    const folder = await PrivateFolder.make(base, report)
    const ended = await clean(base).catch(async (error: unknown) => {
      await folder.remove()
      throw error
    })
    if (ended > 0) report('warn', 'Processes of a supervisor that was killed are ended.', { processes: ended })
    const keeper = new Keeper(folder.path, folder.token, (why) => {
      report('error', `The keeper of the application processes ${why}; another one is tried.`)
    })
    return new Ground(folder, keeper)
  }

  /** To be called when all processes have ended. Fulfilled when nothing is left. */
  async close(): Promise<void> {
    await this.folder.remove()
    await this.keeper.close()
  }
}
