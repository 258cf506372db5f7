import type { Handler } from '../../../shared/http/handler.ts'
import { requireMessage } from '../../../shared/http/require-message.ts'
import { readAnswers, readMediaState } from '../content/answers.ts'
import { openMessage } from '../present.ts'
import type { MessageServices } from '../services.ts'

export const getMessage =
  ({ tables, tenantKeys }: MessageServices): Handler<'getMessage'> =>
  async ({ params }, context) => {
    const row = await requireMessage(tables, context, params.messageId)
    const [message, answers] = await Promise.all([
      openMessage(tenantKeys, context, row),
      readAnswers({ tables, tenantKeys }, context, row),
    ])
    const { reactions, votesFor } = answers
    const { poll } = message
    const media = await readMediaState(tables, context, message)
    return {
      status: 200,
      body: {
        ...message,
        ...media,
        ...(reactions.length > 0 ? { reactions } : {}),
        ...(poll
          ? { poll: { ...poll, results: poll.options.map((option) => ({ option, votes: votesFor(option) })) } }
          : {}),
      },
    }
  }
