import type { TestNamespace } from "../../sidecar/app-pod.ts";
import { call } from "../calls.ts";

/** What the test application of the pod answers with 200 until it is told to fail it; loopback is captured by nobody. */
const SWITCH = "http://127.0.0.1:8080/probe/calling";
const TURN_OFF = "http://127.0.0.1:8080/control?fail=calling";

/** For Node.js in a pod: calls a URL twenty times a second, each time on a connection of its own, and prints how often each came of it. */
const SCRIPT = `
const [url, mayGoOn] = process.argv.slice(2);
const counts = {};
while ((await fetch(mayGoOn)).status === 200) {
  const outcome = await fetch(url, { headers: { connection: "close" }, signal: AbortSignal.timeout(10_000) })
    .then(async (answer) => (await answer.text(), String(answer.status)))
    .catch((error) => error.cause?.code ?? error.name);
  counts[outcome] = (counts[outcome] ?? 0) + 1;
  await new Promise((resolve) => setTimeout(resolve, 50));
}
process.stdout.write(JSON.stringify(counts));
`;

/** Calls on connections that are new, without an end. */
export interface NewConnections {
  /** Ends them: how often each status came, or each error. */
  stop(): Promise<Readonly<Record<string, number>>>;
}

/** Begins to call a URL from the container `app` of a pod with the test application. */
export function newConnections(namespace: TestNamespace, pod: string, url: string): NewConnections {
  const calling = namespace.run(pod, SCRIPT, url, SWITCH);
  calling.catch(() => undefined); // whoever stops it is told
  return {
    async stop() {
      await call(namespace, pod, TURN_OFF);
      return JSON.parse(await calling) as Readonly<Record<string, number>>;
    },
  };
}
