import type { MediaKind } from '../../shared/core/content-limits.ts'
import type { Failure } from '../../shared/store/rows/message.ts'
import type { OutboundBody } from '../whatsapp/content/outbound-content.ts'
import type { BuildInput } from './build-content.ts'
import { FAILURES } from './failures.ts'
import type { SessionContext } from './session-context.ts'

export const buildMedia = async (
  _context: SessionContext,
  _kind: MediaKind,
  _input: BuildInput,
): Promise<OutboundBody | { failure: Failure }> => ({ failure: FAILURES.unsupportedType })
