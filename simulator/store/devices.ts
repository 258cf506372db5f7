import { Problem } from '../problem.ts'
import type { Database } from './database.ts'

/** A linked companion. `identityPublic` is 32 bytes, `account` the encoded ADVSignedDeviceIdentity with the device's signature. */
export type Device = {
  id: number
  phone: string
  device: number
  phoneId: number
  namespace: string
  status: 'active' | 'removed'
  noisePublic: Uint8Array
  identityPublic: Uint8Array
  registrationId: number
  signedKeyId: number
  signedPublic: Uint8Array
  signedSignature: Uint8Array
  keyIndex: number
  account: Uint8Array
  platform: string
  bootstrapped: number
  linkedAt: number
  lastLoginAt: number | null
}

export type NewDevice = Omit<Device, 'id' | 'status' | 'bootstrapped' | 'linkedAt' | 'lastLoginAt'>

/** The binary node format has one byte for a device number. */
const MAX_DEVICE_NUMBER = 255

/** Device numbers are unique per phone number over all namespaces: at login the number and device alone name the device. */
export function nextDeviceNumber(database: Database, phone: string): number {
  const sql =
    'INSERT INTO device_numbers VALUES (?, 1) ON CONFLICT (phone) DO UPDATE SET last = last + 1 RETURNING last'
  const { last } = database.get<{ last: number }>(sql, phone)!
  if (last > MAX_DEVICE_NUMBER)
    throw new Problem(409, 'no_device_numbers', `Phone +${phone} has used up its ${MAX_DEVICE_NUMBER} device numbers.`)
  return last
}

export function insertDevice(database: Database, device: NewDevice): Device {
  const sql = `INSERT INTO devices (phone, device, phoneId, namespace, status, noisePublic, identityPublic, registrationId,
    signedKeyId, signedPublic, signedSignature, keyIndex, account, platform, linkedAt)
    VALUES (?, ?, ?, ?, 'active', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
  const { rowid } = database.run(
    sql,
    device.phone,
    device.device,
    device.phoneId,
    device.namespace,
    device.noisePublic,
    device.identityPublic,
    device.registrationId,
    device.signedKeyId,
    device.signedPublic,
    device.signedSignature,
    device.keyIndex,
    device.account,
    device.platform,
    Date.now(),
  )
  return deviceById(database, rowid)!
}

export function deviceById(database: Database, id: number): Device | undefined {
  return database.get<Device>('SELECT * FROM devices WHERE id = ?', id)
}

export function findDevice(database: Database, phone: string, device: number): Device | undefined {
  return database.get<Device>('SELECT * FROM devices WHERE phone = ? AND device = ?', phone, device)
}

export function activeDevices(database: Database, phoneId: number): Device[] {
  return database.all<Device>("SELECT * FROM devices WHERE phoneId = ? AND status = 'active' ORDER BY device", phoneId)
}

/** Marks the device removed and forgets what waits for it. */
export function removeDevice(database: Database, id: number): void {
  database.transaction(() => {
    database.run("UPDATE devices SET status = 'removed' WHERE id = ?", id)
    database.run('DELETE FROM device_queue WHERE deviceId = ?', id)
    database.run('DELETE FROM pre_keys WHERE deviceId = ?', id)
  })
}
