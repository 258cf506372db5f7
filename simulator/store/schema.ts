/**
 * `phones` are primary phones and contacts alike: a contact is a phone nobody has linked yet. `devices` are linked
 * companions (what Baileys is). `device_queue` holds what a device has not acknowledged, `phone_queue` what a phone has
 * not decrypted.
 */
export const SCHEMA = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value BLOB);
CREATE TABLE IF NOT EXISTS settings (namespace TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS device_numbers (phone TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS phones (
  id INTEGER PRIMARY KEY, namespace TEXT NOT NULL, phone TEXT NOT NULL, name TEXT NOT NULL, lid TEXT NOT NULL UNIQUE,
  onWhatsApp INTEGER NOT NULL, online INTEGER NOT NULL, deliveryReceipts INTEGER NOT NULL, readReceipts TEXT NOT NULL,
  addressing TEXT NOT NULL, identityPrivate BLOB NOT NULL, identityPublic BLOB NOT NULL, registrationId INTEGER NOT NULL,
  signedKeyId INTEGER NOT NULL, signedPrivate BLOB NOT NULL, signedPublic BLOB NOT NULL, signedSignature BLOB NOT NULL,
  nextPreKeyId INTEGER NOT NULL, appStateKeyId BLOB NOT NULL, appStateKey BLOB NOT NULL, createdAt INTEGER NOT NULL,
  UNIQUE (namespace, phone));
CREATE TABLE IF NOT EXISTS phone_pre_keys (
  phoneId INTEGER, keyId INTEGER, privateKey BLOB, publicKey BLOB, PRIMARY KEY (phoneId, keyId)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sessions (
  phoneId INTEGER, address TEXT, record TEXT NOT NULL, PRIMARY KEY (phoneId, address)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS devices (
  id INTEGER PRIMARY KEY, phone TEXT NOT NULL, device INTEGER NOT NULL, phoneId INTEGER NOT NULL, namespace TEXT NOT NULL,
  status TEXT NOT NULL, noisePublic BLOB NOT NULL, identityPublic BLOB NOT NULL, registrationId INTEGER NOT NULL,
  signedKeyId INTEGER NOT NULL, signedPublic BLOB NOT NULL, signedSignature BLOB NOT NULL, keyIndex INTEGER NOT NULL,
  account BLOB NOT NULL, platform TEXT NOT NULL, bootstrapped INTEGER NOT NULL DEFAULT 0, linkedAt INTEGER NOT NULL,
  lastLoginAt INTEGER, UNIQUE (phone, device));
CREATE INDEX IF NOT EXISTS devices_of_phone ON devices (phoneId, status);
CREATE TABLE IF NOT EXISTS pre_keys (
  deviceId INTEGER, keyId INTEGER, publicKey BLOB NOT NULL, used INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (deviceId, keyId)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS device_queue (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, deviceId INTEGER NOT NULL, tag TEXT NOT NULL, stanzaId TEXT NOT NULL,
  type TEXT NOT NULL, stanza BLOB NOT NULL, nacksToSkip INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS device_queue_order ON device_queue (deviceId, seq);
CREATE TABLE IF NOT EXISTS phone_queue (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, phoneId INTEGER NOT NULL, frame INTEGER NOT NULL, senderDeviceId INTEGER NOT NULL,
  whatsappId TEXT NOT NULL, chatJid TEXT NOT NULL, category TEXT NOT NULL, encType TEXT NOT NULL, ciphertext BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS phone_queue_order ON phone_queue (phoneId, seq);
CREATE TABLE IF NOT EXISTS inbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, phoneId INTEGER NOT NULL, whatsappId TEXT NOT NULL, fromPhone TEXT NOT NULL,
  fromDevice INTEGER NOT NULL, senderDeviceId INTEGER, chatJid TEXT NOT NULL, ownCopy INTEGER NOT NULL, text TEXT,
  type TEXT NOT NULL, frame INTEGER, rawSize INTEGER NOT NULL, plaintext BLOB NOT NULL, plaintextSha256 TEXT NOT NULL,
  duplicate INTEGER NOT NULL, read INTEGER NOT NULL DEFAULT 0, receivedAt INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS inbox_of_phone ON inbox (phoneId, seq);
CREATE INDEX IF NOT EXISTS inbox_by_id ON inbox (phoneId, whatsappId);
CREATE TABLE IF NOT EXISTS sent (
  phoneId INTEGER, whatsappId TEXT, plaintext BLOB NOT NULL, addressing TEXT NOT NULL,
  category TEXT NOT NULL, sentAt INTEGER NOT NULL, PRIMARY KEY (phoneId, whatsappId));
CREATE TABLE IF NOT EXISTS ciphertexts (
  phoneId INTEGER, ratchetKey TEXT, counter INTEGER, sha256 TEXT NOT NULL, whatsappId TEXT NOT NULL,
  plaintextSha256 TEXT NOT NULL, PRIMARY KEY (phoneId, ratchetKey, counter)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS retries (
  phoneId INTEGER, deviceId INTEGER, whatsappId TEXT, count INTEGER NOT NULL,
  PRIMARY KEY (phoneId, deviceId, whatsappId)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS wire (
  frame INTEGER PRIMARY KEY AUTOINCREMENT, namespace TEXT, at INTEGER NOT NULL, direction TEXT NOT NULL, phone TEXT,
  device INTEGER, tag TEXT NOT NULL, stanzaId TEXT, attrs TEXT NOT NULL, size INTEGER NOT NULL, bytesSha256 TEXT NOT NULL,
  recipients TEXT, note TEXT);
CREATE INDEX IF NOT EXISTS wire_of_namespace ON wire (namespace, frame);
CREATE TABLE IF NOT EXISTS faults (
  id INTEGER PRIMARY KEY AUTOINCREMENT, namespace TEXT NOT NULL, kind TEXT NOT NULL, phone TEXT, device INTEGER,
  recipient TEXT, remaining INTEGER, options TEXT NOT NULL, createdAt INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS violations (
  id INTEGER PRIMARY KEY AUTOINCREMENT, namespace TEXT, at INTEGER NOT NULL, kind TEXT NOT NULL, phone TEXT,
  device INTEGER, frame INTEGER, detail TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS signals (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, phoneId INTEGER NOT NULL, fromPhone TEXT NOT NULL, fromDevice INTEGER NOT NULL,
  chatJid TEXT NOT NULL, state TEXT NOT NULL, at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS signals_of_phone ON signals (phoneId, seq);
CREATE TABLE IF NOT EXISTS calls (
  id TEXT PRIMARY KEY, callerId INTEGER NOT NULL, calleeId INTEGER NOT NULL, video INTEGER NOT NULL, state TEXT NOT NULL,
  at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS blocks (phoneId INTEGER, otherId INTEGER, PRIMARY KEY (phoneId, otherId)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS restrictions (phoneId INTEGER PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS media (
  id TEXT PRIMARY KEY, namespace TEXT NOT NULL, phone TEXT NOT NULL, kind TEXT NOT NULL, bytes BLOB NOT NULL,
  gone INTEGER NOT NULL, createdAt INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS media_requests (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, phoneId INTEGER NOT NULL, deviceId INTEGER NOT NULL, receipt BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS pictures (
  namespace TEXT, owner TEXT, id TEXT NOT NULL UNIQUE, bytes BLOB NOT NULL, PRIMARY KEY (namespace, owner));
CREATE TABLE IF NOT EXISTS receipts (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, phoneId INTEGER NOT NULL, whatsappId TEXT NOT NULL, fromPhone TEXT NOT NULL,
  fromDevice INTEGER NOT NULL, chatJid TEXT NOT NULL, type TEXT NOT NULL, at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS receipts_of_phone ON receipts (phoneId, whatsappId);
CREATE TABLE IF NOT EXISTS groups (
  id INTEGER PRIMARY KEY, namespace TEXT NOT NULL, jid TEXT NOT NULL UNIQUE, subject TEXT NOT NULL, subjectBy INTEGER,
  subjectAt INTEGER NOT NULL, description TEXT, descriptionId TEXT, descriptionBy INTEGER, descriptionAt INTEGER,
  announce INTEGER NOT NULL DEFAULT 0, locked INTEGER NOT NULL DEFAULT 0, allMemberAdd INTEGER NOT NULL DEFAULT 0,
  joinApproval INTEGER NOT NULL DEFAULT 0, ephemeral INTEGER NOT NULL DEFAULT 0, inviteCode TEXT NOT NULL UNIQUE,
  addressing TEXT NOT NULL, creatorId INTEGER NOT NULL, createdAt INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS group_members (
  groupId INTEGER, phoneId INTEGER, role TEXT NOT NULL, joinedAt INTEGER NOT NULL, PRIMARY KEY (groupId, phoneId));
CREATE INDEX IF NOT EXISTS groups_of_phone ON group_members (phoneId);
CREATE TABLE IF NOT EXISTS group_requests (
  groupId INTEGER, phoneId INTEGER, at INTEGER NOT NULL, PRIMARY KEY (groupId, phoneId)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sender_keys (
  phoneId INTEGER, name TEXT, record TEXT NOT NULL, PRIMARY KEY (phoneId, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sender_key_shared (
  phoneId INTEGER, chatJid TEXT, deviceId INTEGER, PRIMARY KEY (phoneId, chatJid, deviceId)) WITHOUT ROWID;
`

/** Columns that older data files lack: table, column, definition. */
export const ADDED_COLUMNS: readonly (readonly [table: string, column: string, definition: string])[] = [
  ['sent', 'chatJid', "TEXT NOT NULL DEFAULT ''"],
  ['phones', 'groupAdd', "TEXT NOT NULL DEFAULT 'all'"],
  ['phones', 'about', "TEXT NOT NULL DEFAULT ''"],
]
