import { command } from '../command.ts'
import { parseTarget } from '../parse-address.ts'
import { parsePicture } from '../parse-picture.ts'
import type { OperationServices } from '../services.ts'

export const profileHandlers = (services: OperationServices) => ({
  getProfile: command(services, 'getProfile', () => ({})),
  updateProfile: command(services, 'updateProfile', ({ body }) => ({
    name: body.name ?? null,
    about: body.about ?? null,
  })),
  setProfilePicture: command(services, 'setProfilePicture', ({ body }, context) =>
    parsePicture(services, context, body),
  ),
  removeProfilePicture: command(services, 'removeProfilePicture', () => ({})),
  sendPresence: command(services, 'sendPresence', async ({ params, body }, context) => ({
    state: body.state,
    target:
      'chat' in body
        ? await parseTarget(services.tables, context, params.sessionId, {
            text: body.chat,
            path: 'chat',
            allowed: 'chat',
          })
        : null,
  })),
  subscribePresence: command(services, 'subscribePresence', async ({ params, body }, context) => ({
    target: await parseTarget(services.tables, context, params.sessionId, {
      text: body.chat,
      path: 'chat',
      allowed: 'person',
    }),
  })),
})
