import type { HandlersOf } from '../../shared/http/handler.ts'
import { cancelMessage } from './operations/cancel-message.ts'
import { createMedia } from './operations/create-media.ts'
import { createMessage } from './operations/create-message.ts'
import { createMessageBatch } from './operations/create-message-batch.ts'
import { deleteMedia } from './operations/delete-media.ts'
import { getMedia } from './operations/get-media.ts'
import { getMessage } from './operations/get-message.ts'
import { listMessages } from './operations/list-messages.ts'
import {
  deleteMessage,
  editMessage,
  forwardMessage,
  reactToMessage,
  removeReaction,
} from './operations/message-shortcuts.ts'
import type { MessageServices } from './services.ts'

export const makeMessageHandlers = (services: MessageServices): HandlersOf<'api-messages'> => ({
  createMessage: createMessage(services),
  createMessageBatch: createMessageBatch(services),
  getMessage: getMessage(services),
  listMessages: listMessages(services),
  cancelMessage: cancelMessage(services),
  editMessage: editMessage(services),
  deleteMessage: deleteMessage(services),
  reactToMessage: reactToMessage(services),
  removeReaction: removeReaction(services),
  forwardMessage: forwardMessage(services),
  createMedia: createMedia(services),
  getMedia: getMedia(services),
  deleteMedia: deleteMedia(services),
})
