import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { measureInvocation } from '../aws-metrics.ts'
import type { CloudContext } from '../cloud-context.ts'
import { LambdaFunction } from '../lambda/lambda-function.ts'
import type { ResolvedResource } from '../template/resolver.ts'

/** An asset's S3 key is <hash>.zip; its content lies in asset.<hash> of the cloud assembly. */
export const wireFunction = (
  context: CloudContext,
  { stack, logicalId, identity, properties }: ResolvedResource,
): void => {
  const hash = String(properties.Code?.S3Key ?? '').replace(/\.zip$/, '')
  const directory = join(context.assemblyDirectory, `asset.${hash}`)
  if (!existsSync(directory)) throw new Error(`${stack}/${logicalId}: its code ${directory} is not there`)
  const name = identity.ref
  const variables: Record<string, string> = properties.Environment?.Variables ?? {}
  context.functions.set(
    identity.attributes.Arn!,
    new LambdaFunction(
      {
        name,
        directory,
        handler: properties.Handler ?? 'index.handler',
        timeoutSeconds: Number(properties.Timeout ?? 3),
        environment: { ...context.baseEnvironment, ...variables, AWS_LAMBDA_FUNCTION_NAME: name },
      },
      (line) => context.log.line(`lambda ${name}`, line),
      (invocation) => measureInvocation(context.log.history, name, invocation),
    ),
  )
}
