import { requireEnvironment } from '../config/environment.ts'
import { type DocumentClient, makeDocumentClient, Table } from './table.ts'

export interface Tables {
  readonly client: DocumentClient
  readonly core: Table
  readonly messages: Table
  readonly usage: Table
  readonly ephemeral: Table
}

/** The four tables of this cell, named by the environment. One client for all. */
export const openTables = (client: DocumentClient = makeDocumentClient()): Tables => ({
  client,
  core: new Table(client, requireEnvironment('coreTable')),
  messages: new Table(client, requireEnvironment('messagesTable')),
  usage: new Table(client, requireEnvironment('usageTable')),
  ephemeral: new Table(client, requireEnvironment('ephemeralTable')),
})
