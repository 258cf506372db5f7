/** Something the person at the keyboard can mend: shown as one line, without a stack. */
export class UserError extends Error {}

/** One line for the terminal. What is not a UserError is our own fault: the line says how to see more of it. */
export const toOneLine = (error: unknown): string => {
  const message = (error instanceof Error ? error.message : String(error)).trim().replaceAll(/\s*\n\s*/g, ' | ')
  return error instanceof UserError ? message : `${message} (DEBUG=1 npm start shows where; please report it)`
}
