import { request } from "node:http";
import { PORTS } from "../model/names.ts";
import { ANSWER_MS } from "./limits.ts";
import type { EnvoyState } from "./wait-for-envoy.ts";

const LOOPBACK = "127.0.0.1";

/** Asks the status listener of the Envoy of this network namespace, as the kubelet's probes do. */
export async function lookAtEnvoy(): Promise<EnvoyState> {
  const answer = await ask("GET", PORTS.status, "/ready");
  if (answer === 200) return { kind: "ready" };
  if (answer === "ECONNREFUSED") {
    const because = "which Envoy does once it has its configuration from the control plane";
    return { kind: "waiting", saw: `nobody listens on ${LOOPBACK}:${PORTS.status} yet, ${because}` };
  }
  const what = typeof answer === "number" ? `answers ${answer}` : `gives no answer (${answer})`;
  return { kind: "waiting", saw: `http://${LOOPBACK}:${PORTS.status}/ready ${what}` };
}

/** Tells that Envoy to end by its admin interface; says in words what came of it. */
export async function endEnvoy(adminPort: number): Promise<string> {
  const answer = await ask("POST", adminPort, "/quitquitquit");
  if (answer === 200) return "it was told to end, and the kubelet starts it again";
  const what = typeof answer === "number" ? `answers ${answer}` : `does not answer (${answer})`;
  return `it cannot be told to end, because its admin interface on port ${adminPort} ${what}`;
}

/** The status code, or the system's word for why there is none. */
function ask(method: string, port: number, path: string): Promise<number | string> {
  return new Promise((resolve) => {
    const asked = request({ host: LOOPBACK, port, path, method, agent: false, timeout: ANSWER_MS }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on("timeout", () => asked.destroy(Object.assign(new Error("timeout"), { code: "ETIMEDOUT" })));
    asked.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    asked.end();
  });
}
