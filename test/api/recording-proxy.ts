import { once } from "node:events";
import { createServer } from "node:http";
import { Agent, request } from "node:https";
import type { AddressInfo } from "node:net";

/** One call to the API server. */
export interface Call {
  readonly method: string;
  readonly path: string;
}

/** Stands between a process and the API server, changes nothing, and remembers what was asked and refused. */
export interface RecordingProxy {
  /** For the `server` of a kubeconfig. */
  readonly url: string;
  /** Every call, in the order of arrival. */
  readonly calls: readonly Call[];
  /** Those whose answer has not ended yet, as that of a watch. */
  readonly open: ReadonlySet<Call>;
  /** Those that were refused for want of permission. */
  readonly refused: readonly Call[];
  close(): Promise<void>;
}

export async function recordingProxy(server: string, ca: string): Promise<RecordingProxy> {
  const refused: Call[] = [];
  const calls: Call[] = [];
  const open = new Set<Call>();
  const agent = new Agent({ keepAlive: true, ca });
  const proxy = createServer((call, answer) => {
    const { method = "GET", url: path = "/", headers } = call;
    const recorded = { method, path };
    calls.push(recorded);
    open.add(recorded);
    const onward = request(new URL(path, server), {
      agent,
      method,
      headers: { ...headers, host: new URL(server).host },
    });
    onward.on("response", (response) => {
      if (response.statusCode === 403) refused.push({ method, path });
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
      response.on("error", () => answer.destroy());
    });
    onward.on("error", () => answer.destroy());
    answer.on("close", () => {
      open.delete(recorded);
      onward.destroy();
    });
    call.pipe(onward);
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    calls,
    open,
    refused,
    async close() {
      const closed = once(proxy, "close");
      proxy.close();
      proxy.closeAllConnections();
      await closed;
      agent.destroy();
    },
  };
}
