import type { HelperAnswer, JobTypes } from './helper.ts'

export type JobHandlers<Jobs extends JobTypes> = {
  readonly [Type in keyof Jobs]: (input: Jobs[Type]['input']) => Promise<Jobs[Type]['output']>
}

/** Inside of a helper: one message in, one answer out. */
export const serveJobs = <Jobs extends JobTypes>(
  handlers: JobHandlers<Jobs>,
  answer: (message: HelperAnswer) => void,
): ((message: { id: number; type: string; input: object }) => void) => {
  return ({ id, type, input }) => {
    const handler = handlers[type]
    const work = handler ? handler(input) : Promise.reject(new Error(`no job is called ${type}`))
    work.then(
      (result) => answer({ id, result }),
      (error: unknown) => {
        const { code } = (error ?? {}) as { code?: unknown }
        answer({ id, failure: { code: typeof code === 'string' ? code : null, message: String(error) } })
      },
    )
  }
}
