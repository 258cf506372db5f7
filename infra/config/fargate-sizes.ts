const GIB = 1024

/** Memory that Fargate has for so many CPU units: from, to and step, in MiB. */
const MEMORY: Readonly<Record<number, { from: number; to: number; step: number }>> = {
  512: { from: GIB, to: 4 * GIB, step: GIB },
  1024: { from: 2 * GIB, to: 8 * GIB, step: GIB },
  2048: { from: 4 * GIB, to: 16 * GIB, step: GIB },
  4096: { from: 8 * GIB, to: 30 * GIB, step: GIB },
}
const SMALLEST = [512, GIB, 2 * GIB]

/** @param cpu Fargate units: 1024 = one vCPU. @returns null when a task may be of this size */
export const fargateSizeProblem = ({ cpu, memoryMiB }: { cpu: number; memoryMiB: number }): string | null => {
  if (cpu === 256) return SMALLEST.includes(memoryMiB) ? null : `256 units have ${SMALLEST.join(', ')} MiB`
  const range = MEMORY[cpu]
  if (!range) return `Fargate has no tasks of ${cpu} units`
  const { from, to, step } = range
  const fits = memoryMiB >= from && memoryMiB <= to && memoryMiB % step === 0
  return fits ? null : `${cpu} units have ${from} to ${to} MiB in steps of ${step}`
}
