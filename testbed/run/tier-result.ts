/** How one tier of the test run came out. */
export type TierResult =
  | {
      readonly kind: "ran";
      readonly tier: string;
      readonly passed: number;
      readonly failed: number;
      readonly skipped: number;
      /** One line for each failure: where, and the test's name. */
      readonly failures: readonly string[];
      /** One line for each test that did not run. */
      readonly skips: readonly string[];
      readonly seconds: number;
    }
  /** The machine lacks something that the tier needs. */
  | { readonly kind: "missing"; readonly tier: string; readonly reason: string; readonly seconds: number };

/** `all`: a missing tier and a skipped test are failures, as continuous integration wants it. */
export type Requirement = "what-can-run" | "all";

/** What `OUTRIGGER_REQUIRE` asks for; undefined for a value that it cannot have. */
export function requirementOf(value: string | undefined): Requirement | undefined {
  if (value === undefined || value === "") return "what-can-run";
  return value === "all" ? "all" : undefined;
}
