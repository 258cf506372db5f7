/** Jest runs infra/ only: CDK's assertions and snapshots follow CDK's own convention. Everything else is Vitest. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/infra'],
  testMatch: ['**/*.test.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'commonjs' } },
    ],
  },
  extensionsToTreatAsEsm: [],
  testTimeout: 60_000,
}
