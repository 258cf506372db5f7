import { Validations } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

/** Every acknowledged cdk-nag finding of the app: printed and counted by the nag test. */
export const acknowledgements: { readonly path: string; readonly id: string; readonly reason: string }[] = []

/** cdk-nag's id of a wildcard in a policy's resources; tokens are written the way it prints them. */
export const wildcardResource = (resource: string): string => `AwsSolutions-IAM5[Resource::${resource}]`

/** Accepts findings on one construct, each with its reason. Prefer repairing over this. */
export const acknowledge = (construct: IConstruct, findings: Readonly<Record<string, string>>): void => {
  for (const [id, reason] of Object.entries(findings)) {
    Validations.of(construct).acknowledge({ id, reason })
    acknowledgements.push({ path: construct.node.path, id, reason })
  }
}
