import { once } from "node:events";
import { createServer } from "node:http";
import { Agent, request } from "node:https";
import type { AddressInfo } from "node:net";

/** One call that the API server refused for want of permission. */
export interface Refused {
  readonly method: string;
  readonly path: string;
}

/** Stands between a process and the API server, changes nothing, and remembers what was refused. */
export interface RecordingProxy {
  /** For the `server` of a kubeconfig. */
  readonly url: string;
  readonly refused: readonly Refused[];
  close(): Promise<void>;
}

export async function recordingProxy(server: string, ca: string): Promise<RecordingProxy> {
  const refused: Refused[] = [];
  const agent = new Agent({ keepAlive: true, ca });
  const proxy = createServer((call, answer) => {
    const { method = "GET", url: path = "/", headers } = call;
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
    answer.on("close", () => onward.destroy());
    call.pipe(onward);
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
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
