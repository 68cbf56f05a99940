import type { Origin } from "./origin.ts";

/** One thing that is wrong with the configuration. */
export interface Problem {
  /** Path of the setting (`proxy.logLevel`), or the unknown name as it was found. */
  readonly setting: string;
  readonly origin: Origin;
  /** What was found; absent where it may be a secret or is not worth repeating. */
  readonly found?: string;
  /** What was expected, or what to do instead. */
  readonly expected: string;
  /** The nearest known name, for an unknown one. */
  readonly nearest?: string;
}

/** A configuration that cannot be used, with everything that is wrong with it. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  readonly code: "CONFIGURATION_INVALID" | "CONFIGURATION_UNREADABLE";
  readonly problems: readonly Problem[];

  constructor(code: ConfigurationError["code"], message: string, problems: readonly Problem[], options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.problems = problems;
  }
}
