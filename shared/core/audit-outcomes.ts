/** How a control-plane change ended. `unknown`: the process ended between the change and its entry. */
export const AUDIT_OUTCOMES = ['succeeded', 'refused', 'failed', 'unknown'] as const
