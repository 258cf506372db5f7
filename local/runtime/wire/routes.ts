import type { CloudContext } from '../cloud-context.ts'
import type { ResolvedResource } from '../template/resolver.ts'

/** Methods of the REST API become routes: the path is climbed from resource to resource, the integration names the function. */
export const wireRoutes = (context: CloudContext, resources: readonly ResolvedResource[]): void => {
  const parts = new Map(
    resources
      .filter((resource) => resource.type === 'AWS::ApiGateway::Resource')
      .map(({ identity, properties }) => [
        identity.ref,
        { parent: String(properties.ParentId), part: String(properties.PathPart) },
      ]),
  )
  const pathOf = (resourceId: string): string => {
    const own = parts.get(resourceId)
    return own ? `${pathOf(own.parent)}/${own.part}` : ''
  }
  for (const { type, properties, stack, logicalId } of resources) {
    if (type === 'AWS::ApiGateway::RestApi')
      for (const media of properties.BinaryMediaTypes ?? []) context.binaryMediaTypes.add(media)
    if (type !== 'AWS::ApiGateway::Method') continue
    const { Integration: integration, HttpMethod: method } = properties
    if (integration?.Type === 'MOCK') continue
    const functionArn = /functions\/(arn:aws:lambda:[^/]+)\/(?:response-streaming-)?invocations/.exec(
      String(integration?.Uri),
    )?.[1]
    if (integration?.Type !== 'AWS_PROXY' || !functionArn)
      throw new Error(`${stack}/${logicalId}: only Lambda proxy integrations run locally`)
    context.routes.push({ method, path: pathOf(String(properties.ResourceId)) || '/', functionArn })
  }
}
