import type { Handler } from '../../../shared/http/handler.ts'
import type { ControlServices } from '../services.ts'

export const getHealth =
  (services: Pick<ControlServices, 'version'>): Handler<'getHealth'> =>
  async () => ({ status: 200, body: { status: 'ok', version: services.version } })
