/** Where emulators say what they do: one line each. */
export type CloudLog = (line: string) => void
export const silent: CloudLog = () => {}
