import type { CloudContext } from '../cloud-context.ts'
import type { ResolvedResource } from '../template/resolver.ts'

const DEFAULT_STOP_TIMEOUT_SECONDS = 30

/** The container's own command runs as a child process in the repository; its image is not used. */
export const wireTaskDefinition = (
  context: CloudContext,
  { identity, properties, stack, logicalId }: ResolvedResource,
): void => {
  const containers: any[] = properties.ContainerDefinitions ?? []
  context.ecs.registerTaskDefinition({
    family: properties.Family ?? identity.ref.replace(/^.*task-definition\//, '').replace(/:\d+$/, ''),
    containers: containers.map((container) => {
      if (!container.Command?.length)
        throw new Error(`${stack}/${logicalId}: the container ${container.Name} names no command`)
      return {
        name: container.Name,
        command: container.Command,
        environment: Object.fromEntries(
          (container.Environment ?? []).map((item: any) => [item.Name, String(item.Value)]),
        ),
        stopTimeoutSeconds: Number(container.StopTimeout ?? DEFAULT_STOP_TIMEOUT_SECONDS),
      }
    }),
  })
}
