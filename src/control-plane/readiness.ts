import type { FactCheck } from "../kube/fact-source.ts";
import type { ReadinessProbe } from "../webhook/readiness.ts";

/** Ready when every check passes; never again after it was retired. */
export function controlPlaneReadiness(checks: readonly FactCheck[]): ReadinessProbe {
  let retired = false;
  return {
    async check() {
      const problems = checks.map(({ name, problem }) => ({ name, problem: problem() }));
      problems.push({ name: "shutdown", problem: retired ? "the control plane is about to stop" : undefined });
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
