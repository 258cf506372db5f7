import * as z from 'zod'

const METADATA_MS = 2_000
const metadataSchema = z.object({ TaskARN: z.string() })

/** The ECS task we run in; null outside of ECS, or when its metadata does not answer (the reaper then has the heartbeat). */
export const readTaskArn = async (metadataUrl = process.env.ECS_CONTAINER_METADATA_URI_V4): Promise<string | null> => {
  if (!metadataUrl) return null
  try {
    const response = await fetch(`${metadataUrl}/task`, { signal: AbortSignal.timeout(METADATA_MS) })
    return metadataSchema.safeParse(await response.json()).data?.TaskARN ?? null
  } catch {
    // no metadata endpoint answered: the ARN only speeds up fencing
    return null
  }
}
