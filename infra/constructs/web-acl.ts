import type { RestApi } from 'aws-cdk-lib/aws-apigateway'
import { CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2'
import type { CellStack } from './cell.ts'

/** Requests of one address within five minutes. Tenants have their own limits; this one stops floods without a key. */
const REQUESTS_PER_ADDRESS = 10_000

const visibility = (metricName: string) => ({
  cloudWatchMetricsEnabled: true,
  sampledRequestsEnabled: false,
  metricName,
})

/** What AWS keeps up to date about bad requests, and a limit per address. Samples stay off: they show bodies. */
export const addWebAcl = (stack: CellStack, api: RestApi): void => {
  const managed = (name: string, priority: number, counted: readonly string[] = []) => ({
    name,
    priority,
    overrideAction: { none: {} },
    statement: {
      managedRuleGroupStatement: {
        vendorName: 'AWS',
        name,
        ruleActionOverrides: counted.map((rule) => ({ name: rule, actionToUse: { count: {} } })),
      },
    },
    visibilityConfig: visibility(name),
  })
  const acl = new CfnWebACL(stack, 'WebAcl', {
    name: stack.cell.prefix,
    scope: 'REGIONAL',
    defaultAction: { allow: {} },
    visibilityConfig: visibility(stack.cell.prefix),
    rules: [
      {
        name: 'RatePerAddress',
        priority: 0,
        action: { block: {} },
        statement: { rateBasedStatement: { limit: REQUESTS_PER_ADDRESS, aggregateKeyType: 'IP' } },
        visibilityConfig: visibility('RatePerAddress'),
      },
      // Message texts are anybody's: whatever stands in a body is no attack on a JSON API. Cursors are long.
      managed('AWSManagedRulesCommonRuleSet', 1, [
        'SizeRestrictions_BODY',
        'SizeRestrictions_QUERYSTRING',
        'CrossSiteScripting_BODY',
        'EC2MetaDataSSRF_BODY',
        'GenericLFI_BODY',
        'GenericRFI_BODY',
        'NoUserAgent_HEADER',
      ]),
      managed('AWSManagedRulesKnownBadInputsRuleSet', 2, [
        'JavaDeserializationRCE_BODY',
        'Log4JRCE_BODY',
        'ReactJSRCE_BODY',
      ]),
    ],
  })
  new CfnWebACLAssociation(stack, 'WebAclOfStage', {
    resourceArn: api.deploymentStage.stageArn,
    webAclArn: acl.attrArn,
  })
}
