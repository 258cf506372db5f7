import { Cron } from 'croner'
import type { CloudContext } from '../cloud-context.ts'
import type { ResolvedResource } from '../template/resolver.ts'
import { targetOf } from './targets.ts'

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }

export const wireSchedule = (context: CloudContext, { properties }: ResolvedResource): void => {
  if (properties.State === 'DISABLED') return
  const { Arn: arn, Input: input } = properties.Target
  startSchedule(context, properties.ScheduleExpression, arn, input ? JSON.parse(input) : {})
}

/** rate(n unit) starts at once and then every n units; cron(…) is translated to five fields (years are not supported). */
export const startSchedule = (context: CloudContext, expression: string, targetArn: string, input: unknown): void => {
  const deliver = targetOf(context, targetArn)
  let running = false
  const fire = async () => {
    if (running) return // the one before is still at work; AWS would start another environment
    running = true
    try {
      await deliver(input)
    } catch (error) {
      context.log.line('schedule', `${targetArn}: ${(error as Error).message}`)
    } finally {
      running = false
    }
  }
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression)
  if (rate) {
    const timer = setInterval(fire, Number(rate[1]) * UNIT_MS[rate[2]!]!)
    context.stops.push(() => clearInterval(timer))
    context.whenReady(fire)
    return
  }
  const cron = /^cron\(([^)]+)\)$/.exec(expression)
  if (!cron) throw new Error(`the schedule ${expression} is not supported locally`)
  const [minute, hour, dayOfMonth, month, dayOfWeek] = cron[1]!.split(' ')
  const job = new Cron(
    [minute, hour, dayOfMonth === '?' ? '*' : dayOfMonth, month, dayOfWeek === '?' ? '*' : dayOfWeek].join(' '),
    fire,
  )
  context.stops.push(() => job.stop())
}
