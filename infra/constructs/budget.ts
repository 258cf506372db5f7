import { CfnBudget } from 'aws-cdk-lib/aws-budgets'
import type { CellStack } from './cell.ts'

/**
 * Cost of what carries the cell's tag (the tag has to be activated once under Billing → Cost allocation tags). Tells of
 * the forecast first: when the money is spent it is too late.
 */
export const addBudget = (stack: CellStack, monthlyUsd: number, emails: readonly string[]): void => {
  const { environment, cell } = stack.cell.config
  const subscribers = emails.map((address) => ({ subscriptionType: 'EMAIL', address }))
  const tell = (notificationType: 'FORECASTED' | 'ACTUAL', threshold: number) => ({
    notification: { notificationType, comparisonOperator: 'GREATER_THAN', threshold, thresholdType: 'PERCENTAGE' },
    subscribers,
  })
  new CfnBudget(stack, 'Budget', {
    budget: {
      budgetName: `${stack.cell.prefix}-monthly`,
      budgetType: 'COST',
      timeUnit: 'MONTHLY',
      budgetLimit: { amount: monthlyUsd, unit: 'USD' },
      costFilters: { TagKeyValue: [`user:fleetline:environment$${environment}`, `user:fleetline:cell$${cell}`] },
    },
    notificationsWithSubscribers: subscribers.length > 0 ? [tell('FORECASTED', 100), tell('ACTUAL', 80)] : undefined,
  })
}
