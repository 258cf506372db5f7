import { type EgressRules, problemOfUrl } from '../../shared/egress/url-rules.ts'
import { validationFault } from '../../shared/http/validate.ts'

/** What can be said before connecting; the deliver lambda checks every address again. @throws Fault validation_failed */
export const requireUrl = (url: string, rules: EgressRules): void => {
  const problem = problemOfUrl(url, rules)
  if (problem) throw validationFault([{ path: 'url', message: problem }])
}
