/** Exit codes, the same for every command (documented in `outrigger --help`). */
export const EXIT = {
  done: 0,
  /** Some input was refused, or a check failed. */
  refused: 1,
  /** The command line or the configuration cannot be used, also because it names what is not there: running it again does not help. */
  usage: 2,
  /** Something could not be reached, read or written. */
  unreachable: 3,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An end of a command that its caller can act upon; the message is for standard error. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly code: "usage" | "unreachable" | "refused";

  constructor(code: CommandError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get exitCode(): ExitCode {
    return EXIT[this.code];
  }
}
