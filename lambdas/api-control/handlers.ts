import type { HandlersOf } from '../../shared/http/handler.ts'
import { cancelWebhookReplay } from './operations/cancel-webhook-replay.ts'
import { createSession } from './operations/create-session.ts'
import { createStreamTicket } from './operations/create-stream-ticket.ts'
import { createWebhookEndpoint } from './operations/create-webhook-endpoint.ts'
import { createWebhookReplay } from './operations/create-webhook-replay.ts'
import { deleteSession } from './operations/delete-session.ts'
import { deleteWebhookEndpoint } from './operations/delete-webhook-endpoint.ts'
import { diagnoseSession } from './operations/diagnose-session/diagnose-session.ts'
import { expungeDelivery } from './operations/expunge-delivery.ts'
import { expungeEvent } from './operations/expunge-event.ts'
import { getDelivery } from './operations/get-delivery.ts'
import { getEvent } from './operations/get-event.ts'
import { getHealth } from './operations/get-health.ts'
import { getLimits } from './operations/get-limits.ts'
import { getLink } from './operations/get-link.ts'
import { getQr } from './operations/get-qr.ts'
import { getSession } from './operations/get-session.ts'
import { getWebhookEndpoint } from './operations/get-webhook-endpoint.ts'
import { getWebhookReplay } from './operations/get-webhook-replay.ts'
import { linkSession } from './operations/link-session.ts'
import { listDeliveries } from './operations/list-deliveries.ts'
import { listDeliveryAttempts } from './operations/list-delivery-attempts.ts'
import { listEvents } from './operations/list-events.ts'
import { listSessions } from './operations/list-sessions.ts'
import { listWebhookEndpoints } from './operations/list-webhook-endpoints.ts'
import { listWebhookReplays } from './operations/list-webhook-replays.ts'
import { logoutSession } from './operations/logout-session.ts'
import { pauseWebhookEndpoint } from './operations/pause-webhook-endpoint.ts'
import { restartSession } from './operations/restart-session.ts'
import { resumeWebhookEndpoint } from './operations/resume-webhook-endpoint.ts'
import { retryDelivery } from './operations/retry-delivery.ts'
import { rotateWebhookSecret } from './operations/rotate-webhook-secret.ts'
import { startSession } from './operations/start-session.ts'
import { stopSession } from './operations/stop-session.ts'
import { testWebhookEndpoint } from './operations/test-webhook-endpoint.ts'
import { updateSession } from './operations/update-session.ts'
import { updateWebhookEndpoint } from './operations/update-webhook-endpoint.ts'
import type { ControlServices } from './services.ts'

export const makeControlHandlers = (services: ControlServices): HandlersOf<'api-control'> => ({
  getHealth: getHealth(services),
  getLimits: getLimits(services),
  createSession: createSession(services),
  getSession: getSession(services),
  diagnoseSession: diagnoseSession(services),
  listSessions: listSessions(services),
  updateSession: updateSession(services),
  linkSession: linkSession(services),
  getLink: getLink(services),
  getQr: getQr(services),
  startSession: startSession(services),
  stopSession: stopSession(services),
  restartSession: restartSession(services),
  logoutSession: logoutSession(services),
  deleteSession: deleteSession(services),
  createWebhookEndpoint: createWebhookEndpoint(services),
  listWebhookEndpoints: listWebhookEndpoints(services),
  getWebhookEndpoint: getWebhookEndpoint(services),
  updateWebhookEndpoint: updateWebhookEndpoint(services),
  deleteWebhookEndpoint: deleteWebhookEndpoint(services),
  listDeliveries: listDeliveries(services),
  pauseWebhookEndpoint: pauseWebhookEndpoint(services),
  resumeWebhookEndpoint: resumeWebhookEndpoint(services),
  rotateWebhookSecret: rotateWebhookSecret(services),
  testWebhookEndpoint: testWebhookEndpoint(services),
  createWebhookReplay: createWebhookReplay(services),
  listWebhookReplays: listWebhookReplays(services),
  getWebhookReplay: getWebhookReplay(services),
  cancelWebhookReplay: cancelWebhookReplay(services),
  getDelivery: getDelivery(services),
  listDeliveryAttempts: listDeliveryAttempts(services),
  expungeDelivery: expungeDelivery(services),
  retryDelivery: retryDelivery(services),
  listEvents: listEvents(services),
  getEvent: getEvent(services),
  expungeEvent: expungeEvent(services),
  createStreamTicket: createStreamTicket(services),
})
