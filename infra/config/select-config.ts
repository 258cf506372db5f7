import * as z from 'zod'
import { dev } from './dev.ts'
import { local } from './local.ts'
import { prod } from './prod.ts'
import { type DeploymentConfig, deploymentConfigSchema } from './schema.ts'

export const CONFIGS: Readonly<Record<string, DeploymentConfig>> = { local, dev, prod }

/** @throws with the list of problems, or of known names, in one message */
export const selectConfig = (name: string): DeploymentConfig => {
  const config = CONFIGS[name]
  if (!config) throw new Error(`no config named "${name}"; there are: ${Object.keys(CONFIGS).join(', ')}`)
  const parsed = deploymentConfigSchema.safeParse(config)
  if (!parsed.success) throw new Error(`infra/config/${name}.ts is not valid:\n${z.prettifyError(parsed.error)}`)
  if (parsed.data.environment !== name) throw new Error(`infra/config/${name}.ts names another environment`)
  return parsed.data
}
