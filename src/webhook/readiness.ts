import type { FactCheck } from "../kube/fact-source.ts";
import { LIMITS } from "./limits.ts";
import type { SelfTestResult } from "./self-test.ts";

export interface Readiness {
  readonly ready: boolean;
  /** One line a check, in the manner of the API server's own `/readyz?verbose`. */
  readonly report: string;
}

/** Ready when every check passes and the listener answers a synthetic review; never again after {@link retire}. */
export interface ReadinessProbe {
  check(): Promise<Readiness>;
  retire(): void;
}

export function readinessProbe(
  checks: readonly FactCheck[],
  test: () => Promise<SelfTestResult>,
  now: () => number = () => performance.now(),
): ReadinessProbe {
  let retired = false;
  let last: { readonly at: number; readonly result: Promise<SelfTestResult> } | undefined;
  const listener = (): Promise<SelfTestResult> => {
    if (last === undefined || now() - last.at > LIMITS.selfTestAge) last = { at: now(), result: test() };
    return last.result;
  };
  return {
    async check() {
      const problems = checks.map(({ name, problem }) => ({ name, problem: problem() }));
      problems.push({ name: "listener", problem: await listener() });
      problems.push({ name: "shutdown", problem: retired ? "the webhook is about to stop" : undefined });
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
