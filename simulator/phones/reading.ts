import type { Device } from '../store/devices.ts'
import type { Phone } from '../store/phones.ts'
import type { QueuedMessage } from '../store/queue.ts'

/** One message in the hands of the phone that is to read it. */
export type Reading = { phone: Phone; sender: Device; message: QueuedMessage; ciphertextSha256: string }

/** Runs after the commit: sends what was queued for connected devices. */
export type AfterCommit = () => void
