import { describeOrigin, type Origin } from "./origin.ts";

/** One thing that is wrong with the configuration. */
export interface SettingProblem {
  /** Path of the setting (`proxy.logLevel`), or the unknown name as it was found. */
  readonly setting: string;
  readonly origin: Origin;
  /** What was found, printable; absent where it may be a secret or says nothing. */
  readonly found?: string;
  /** What was expected, or what to do instead; no full stop. */
  readonly expected: string;
  /** The known name that was probably meant, for an unknown one. */
  readonly nearest?: string;
}

/** A configuration that cannot be used, with everything that is wrong with it. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  readonly code: "invalid" | "unreadable";
  readonly problems: readonly SettingProblem[];

  constructor(code: ConfigurationError["code"], problems: readonly SettingProblem[], options?: ErrorOptions) {
    super(
      [headline(problems.length), ...problems.map((problem) => `  ${describeProblem(problem)}`)].join("\n"),
      options,
    );
    this.code = code;
    this.problems = problems;
  }
}

/** One line: where, what, what was found, what was expected, what was probably meant. */
export function describeProblem({ setting, origin, found, expected, nearest }: SettingProblem): string {
  const subject = setting === "" ? describeOrigin(origin) : `${describeOrigin(origin)}: ${setting}`;
  const saw = found === undefined ? "" : ` found ${found},`;
  return `${subject}:${saw} expected ${expected}${nearest === undefined ? "" : ` (did you mean ${nearest}?)`}`;
}

function headline(count: number): string {
  return count === 1 ? "the configuration has a problem:" : `the configuration has ${count} problems:`;
}
