import { defineConfig } from "vitest/config";

/** What takes so long hangs. No test is about time: on a busy machine one of 64 MiB took 22 s in place of 2. */
const HANG = { testTimeout: 180_000, hookTimeout: 180_000, expect: { poll: { timeout: 60_000 } } };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.spec.ts", "test/unit/**/*.spec.ts"],
          // files share their imports: a third of the time, and the tests do not depend on each other anyway
          isolate: false,
          pool: "threads",
          // by default one core is left alone, which on two cores is half of the machine
          maxWorkers: "100%",
          ...HANG,
        },
      },
      {
        test: {
          name: "loopback",
          include: ["test/loopback/**/*.spec.ts", "testbed/**/*.spec.ts"],
          ...HANG,
        },
      },
      {
        test: {
          name: "api",
          include: ["test/api/**/*.spec.ts"],
          globalSetup: ["testbed/vitest-api.ts"],
          ...HANG,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "envoy",
          include: ["test/envoy/**/*.spec.ts"],
          ...HANG,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "node",
          include: ["test/node/**/*.spec.ts"],
          ...HANG,
          // longer than kubectl waits for pods, twice, so that it is kubectl who says why
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "package",
          include: ["test/package/**/*.spec.ts"],
          ...HANG,
          fileParallelism: false,
        },
      },
    ],
  },
});
