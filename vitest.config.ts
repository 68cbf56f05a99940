import { defineConfig } from "vitest/config";

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
          // the first test of a file waits for its modules, which takes seconds on a busy machine
          testTimeout: 20_000,
          hookTimeout: 20_000,
        },
      },
      {
        test: {
          name: "loopback",
          include: ["test/loopback/**/*.spec.ts", "testbed/**/*.spec.ts"],
          testTimeout: 20_000,
          hookTimeout: 20_000,
        },
      },
      {
        test: {
          name: "api",
          include: ["test/api/**/*.spec.ts"],
          globalSetup: ["testbed/vitest-api.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "envoy",
          include: ["test/envoy/**/*.spec.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "node",
          include: ["test/node/**/*.spec.ts"],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "package",
          include: ["test/package/**/*.spec.ts"],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
