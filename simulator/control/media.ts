import * as z from 'zod'
import { Problem } from '../problem.ts'
import { expireMedia, findMedia, listMedia, type Media } from '../store/media.ts'
import { type Call, ok, parseBody, type Reply, type Route } from './route.ts'

const expireBody = z.strictObject({ status: z.union([z.literal(404), z.literal(410)]).default(410) })

/** From now on the address answers 404 or 410, until the phone is asked to upload again. */
function expire(call: Call): Reply {
  const { status } = parseBody(expireBody, call)
  const media = findMedia(call.world.database, call.params.id ?? '')
  if (media?.namespace !== call.namespace)
    throw new Problem(404, 'unknown_media', `There is no file ${call.params.id} in namespace "${call.namespace}".`)
  expireMedia(call.world.database, media.id, status)
  return ok(present({ ...media, gone: status }))
}

function present({ id, phone, kind, size, gone, createdAt }: Media) {
  const at = new Date(createdAt).toISOString()
  return { mediaId: id, uploadedBy: `+${phone}`, kind, encryptedBytes: size, gone: gone || null, createdAt: at }
}

export const mediaRoutes: Route[] = [
  {
    method: 'GET',
    path: '/control/media',
    handle: ({ world, namespace }) => ok({ data: listMedia(world.database, namespace).map(present) }),
  },
  { method: 'POST', path: '/control/media/:id/expire', handle: expire },
  {
    method: 'GET',
    path: '/control/media-ca',
    handle: ({ world }) => ok({ mediaUrl: `https://${world.mediaHost}`, pem: world.mediaAuthority.certificatePem }),
  },
]
