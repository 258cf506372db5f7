import { describeLogDevice } from './testing/log-device-contract.ts'
import { MemoryLogDevice } from './testing/memory-log-device.ts'

describeLogDevice('memory', () => new MemoryLogDevice())
