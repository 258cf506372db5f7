import { CustomDataIdentifier, DataProtectionPolicy } from 'aws-cdk-lib/aws-logs'
import type { Cell } from './cell.ts'

/**
 * A net below our own care: phone numbers, API keys and webhook secrets that should reach a log line after all are masked
 * when it is taken in, and seen only with logs:Unmask. Not on a laptop, which has no CloudWatch.
 */
export const maskPrivateData = (cell: Cell): DataProtectionPolicy | undefined =>
  cell.config.environment === 'local'
    ? undefined
    : new DataProtectionPolicy({
        name: 'fleetline-private-data',
        description: 'Phone numbers, API keys and webhook secrets',
        // CloudWatch takes neither groups nor a colon here, nor a name of its own identifiers, and refuses the whole log group:
        // `.?` stands for `(:`.
        identifiers: [
          new CustomDataIdentifier('FleetlinePhoneNumber', '\\+[1-9][0-9]{7,14}'),
          new CustomDataIdentifier('FleetlinePhoneJid', '[1-9][0-9]{7,14}.?[0-9]{0,5}@s\\.whatsapp\\.net'),
          new CustomDataIdentifier('FleetlineApiKey', 'flk_[a-z]{4,5}_[0-9A-Za-z]{20,40}'),
          new CustomDataIdentifier('FleetlineWebhookSecret', 'whsec_[0-9A-Za-z+/=]{20,100}'),
        ],
      })
