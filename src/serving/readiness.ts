export interface Readiness {
  readonly ready: boolean;
  /** One line a check, in the manner of the API server's own `/readyz?verbose`. */
  readonly report: string;
}

/** One thing that a role needs. */
export interface ReadinessCheck {
  readonly name: string;
  /** What is wrong with it; undefined when nothing is. */
  readonly problem: () => string | undefined | Promise<string | undefined>;
}

/** Ready when every check passes; never again after {@link retire}. */
export interface ReadinessProbe {
  check(): Promise<Readiness>;
  retire(): void;
}

/** `role` is who says that it is about to stop. */
export function readinessProbe(role: string, checks: readonly ReadinessCheck[]): ReadinessProbe {
  let retired = false;
  const shutdown = { name: "shutdown", problem: () => (retired ? `the ${role} is about to stop` : undefined) };
  return {
    async check() {
      const asked = [...checks, shutdown].map(async ({ name, problem }) => ({ name, problem: await problem() }));
      const problems = await Promise.all(asked);
      return {
        ready: problems.every(({ problem }) => problem === undefined),
        report: problems.map(({ name, problem }) => (problem ? `[-] ${name}: ${problem}` : `[+] ${name}`)).join("\n"),
      };
    },
    retire() {
      retired = true;
    },
  };
}
