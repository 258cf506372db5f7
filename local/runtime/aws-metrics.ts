import { keyOf, type MetricHistory } from './metric-history.ts'

/** The metrics of AWS itself that this machine can measure, under the names and dimensions that CloudWatch has. */
export const measureRequest = (
  history: MetricHistory,
  apiName: string,
  answer: { readonly status: number; readonly durationMs: number },
): void => {
  const add = (name: string, value: number) => history.add(keyOf(name, { ApiName: apiName }), value)
  add('Count', 1)
  add('Latency', answer.durationMs)
  add('4XXError', answer.status >= 400 && answer.status < 500 ? 1 : 0)
  add('5XXError', answer.status >= 500 ? 1 : 0)
}

export const measureInvocation = (
  history: MetricHistory,
  functionName: string,
  invocation: { readonly isFailed: boolean; readonly durationMs: number },
): void => {
  const add = (name: string, value: number) => history.add(keyOf(name, { FunctionName: functionName }), value)
  add('Duration', invocation.durationMs)
  add('Errors', invocation.isFailed ? 1 : 0)
}
