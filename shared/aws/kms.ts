import { KMSClient } from '@aws-sdk/client-kms'
import { clientOptions } from './client-options.ts'

export { DecryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms'

export const makeKMSClient = (): KMSClient => new KMSClient(clientOptions())
