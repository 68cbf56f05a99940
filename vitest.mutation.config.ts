import { defineConfig } from "vitest/config";

/*
 * The tests that mutants of src/inject are held against. Property tests and the walk through all settings are left out:
 * they take their time with every mutant, and find by chance what the others must find for certain.
 */
export default defineConfig({
  test: {
    include: ["src/inject/**/*.spec.ts", "test/unit/known-bugs*.spec.ts", "test/unit/vectors*.spec.ts"],
    // one module graph for all files of a run: no test here keeps state, and importing took most of the time
    isolate: false,
    exclude: ["**/*.property.spec.ts", "**/*.exhaustive.spec.ts"],
  },
});
