import type { Database } from './database.ts'

/** A receipt a phone got for a message it had sent. `type` is `delivered`, `inactive`, `read`, `played`, `retry`, … */
export type ReceiptRow = {
  seq: number
  whatsappId: string
  fromPhone: string
  fromDevice: number
  chatJid: string
  type: string
  at: number
}

export function insertReceipt(database: Database, phoneId: number, receipt: Omit<ReceiptRow, 'seq' | 'at'>): void {
  const { whatsappId, fromPhone, fromDevice, chatJid, type } = receipt
  const sql =
    'INSERT INTO receipts (phoneId, whatsappId, fromPhone, fromDevice, chatJid, type, at) VALUES (?, ?, ?, ?, ?, ?, ?)'
  database.run(sql, phoneId, whatsappId, fromPhone, fromDevice, chatJid, type, Date.now())
}

export function listReceipts(database: Database, phoneId: number, whatsappId: string | null): ReceiptRow[] {
  const sql = 'SELECT * FROM receipts WHERE phoneId = ? AND (? IS NULL OR whatsappId = ?) ORDER BY seq'
  return database.all<ReceiptRow>(sql, phoneId, whatsappId, whatsappId)
}
