import { randomBytes, randomInt } from 'node:crypto'
import type { Database } from './database.ts'
import type { Phone } from './phones.ts'

export type Group = {
  id: number
  namespace: string
  jid: string
  subject: string
  subjectBy: number | null
  subjectAt: number
  description: string | null
  descriptionId: string | null
  descriptionBy: number | null
  descriptionAt: number | null
  announce: number
  locked: number
  allMemberAdd: number
  joinApproval: number
  /** Seconds after which messages disappear; 0: never. */
  ephemeral: number
  inviteCode: string
  addressing: 'pn' | 'lid'
  creatorId: number
  createdAt: number
}

export type Role = '' | 'admin' | 'superadmin'
export type Member = Phone & { role: Role }
export type GroupChange = Partial<
  Pick<
    Group,
    | 'subject'
    | 'subjectBy'
    | 'subjectAt'
    | 'description'
    | 'descriptionId'
    | 'descriptionBy'
    | 'descriptionAt'
    | 'announce'
    | 'locked'
    | 'allMemberAdd'
    | 'joinApproval'
    | 'ephemeral'
    | 'inviteCode'
  >
>

export function newInviteCode(): string {
  return randomBytes(16).toString('base64url').slice(0, 22)
}

export function insertGroup(database: Database, creator: Phone, subject: string, addressing: 'pn' | 'lid'): Group {
  const jid = `1203634${randomInt(1e5, 1e6)}${randomInt(1e5, 1e6)}@g.us`
  const now = Date.now()
  const sql = `INSERT INTO groups (namespace, jid, subject, subjectBy, subjectAt, inviteCode, addressing, creatorId, createdAt)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
  const values = [creator.namespace, jid, subject, creator.id, now, newInviteCode(), addressing, creator.id, now]
  database.run(sql, ...values)
  return findGroup(database, creator.namespace, jid)!
}

export function findGroup(database: Database, namespace: string, jid: string): Group | undefined {
  return database.get<Group>('SELECT * FROM groups WHERE namespace = ? AND jid = ?', namespace, jid)
}

export function findGroupByInvite(database: Database, namespace: string, code: string): Group | undefined {
  return database.get<Group>('SELECT * FROM groups WHERE namespace = ? AND inviteCode = ?', namespace, code)
}

export function listGroups(database: Database, namespace: string): Group[] {
  return database.all<Group>('SELECT * FROM groups WHERE namespace = ? ORDER BY id', namespace)
}

export function groupsOf(database: Database, phoneId: number): Group[] {
  const sql = 'SELECT g.* FROM groups g JOIN group_members m ON m.groupId = g.id WHERE m.phoneId = ? ORDER BY g.id'
  return database.all<Group>(sql, phoneId)
}

/** Also the rows of numbers that left WhatsApp meanwhile; in order of joining. */
export function membersOf(database: Database, groupId: number): Member[] {
  const sql = `SELECT p.*, m.role FROM group_members m JOIN phones p ON p.id = m.phoneId WHERE m.groupId = ?
    ORDER BY m.joinedAt, m.rowid`
  return database.all<Member>(sql, groupId)
}

export function roleOf(database: Database, groupId: number, phoneId: number): Role | undefined {
  const sql = 'SELECT role FROM group_members WHERE groupId = ? AND phoneId = ?'
  return database.get<{ role: Role }>(sql, groupId, phoneId)?.role
}

export function putMember(database: Database, groupId: number, phoneId: number, role: Role): void {
  const sql = `INSERT INTO group_members VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET role = excluded.role`
  database.run(sql, groupId, phoneId, role, Date.now())
}

/** Whoever stays takes a new sender key at its next message: the one that leaves must not read on. */
export function dropMember(database: Database, group: Group, phoneId: number): void {
  database.run('DELETE FROM group_members WHERE groupId = ? AND phoneId = ?', group.id, phoneId)
  database.run("DELETE FROM sender_keys WHERE name = ? || '::own'", group.jid)
  database.run('DELETE FROM sender_key_shared WHERE chatJid = ?', group.jid)
}

export function changeGroup(database: Database, groupId: number, change: GroupChange): void {
  for (const [column, value] of Object.entries(change))
    database.run(`UPDATE groups SET ${column} = ? WHERE id = ?`, value, groupId)
}
