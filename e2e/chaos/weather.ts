import type { TestFleet } from '../../session-task/testing/test-fleet.ts'
import type { Fate } from './fate.ts'
import type { CallName, Weather } from './race-points.ts'
import type { Random } from './random.ts'

const S3_CALLS: readonly CallName[] = ['segment', 'snapshot', 'head']
const DYNAMODB_CALLS: readonly CallName[] = ['claim', 'event', 'message', 'lease', 'heartbeat']
const AWAY_MS = 500

const serviceError = (name: string, httpStatusCode: number): Error =>
  Object.assign(new Error(`injected: ${name}`), { name, $metadata: { httpStatusCode } })

/** Makes the weather over the calls of some workers and the wire of one phone. @param hit called each time it strikes */
export const makeWeather = (weather: Weather | null, random: Random, hit: (weather: Weather) => void) => {
  const limit = random.between(1, 4)
  const skipped = random.between(0, 3)
  let struck = 0
  let seen = 0
  let awayUntil: number | null = null
  const isDue = () => seen++ >= skipped && struck < limit

  const faultOf: Fate['faultOf'] = (call) => {
    if (!weather) return null
    const isS3 = S3_CALLS.includes(call)
    const isDynamoDb = DYNAMODB_CALLS.includes(call)
    if (weather === 'dynamodb away' && (isDynamoDb || call === 'other')) {
      if (awayUntil === null && isDynamoDb && isDue()) awayUntil = performance.now() + AWAY_MS
      if (awayUntil === null || performance.now() > awayUntil) return null
      hit(weather)
      return { kind: 'before', error: serviceError('ECONNREFUSED', 500) }
    }
    if (!(weather.startsWith('s3') ? isS3 : weather.startsWith('dynamodb') && isDynamoDb) || !isDue()) return null
    const strike = <Fault>(fault: Fault): Fault => {
      struck++
      hit(weather)
      return fault
    }
    switch (weather) {
      case 's3 slow':
        return strike({ kind: 'slow', ms: 150 })
      case 's3 503 before':
        return strike({ kind: 'before', error: serviceError('SlowDown', 503) })
      case 's3 503 after':
        return strike({ kind: 'after', error: serviceError('InternalError', 500) })
      case 's3 409':
        return strike({ kind: 'before', error: serviceError('ConditionalRequestConflict', 409) })
      case 'dynamodb throttled':
        return strike({ kind: 'before', error: serviceError('ProvisionedThroughputExceededException', 400) })
      case 'dynamodb answer lost':
        return strike({ kind: 'after', error: serviceError('TimeoutError', 500) })
      default:
        return null
    }
  }

  const strikeWire = async (fleet: TestFleet, phone: string): Promise<void> => {
    if (weather !== 'socket dropped' && weather !== 'ack lost') return
    const fault =
      weather === 'ack lost'
        ? { kind: 'swallowAcks', phone, count: 1 }
        : { kind: 'drop', phone, when: 'message', processed: random.chance(0.5), count: 1 }
    await fleet.simulator.fault(fault)
    hit(weather)
  }
  return { faultOf, strikeWire }
}
