import { Agent, request } from "node:http";
import type { ClientOptions } from "./client-options.ts";
import type { Exchanges } from "./exchanges.ts";
import { podOf } from "./pod-of.ts";
import type { Tally } from "./tally.ts";

/** GET requests over keep-alive connections, none of them tried twice. Answers from 200 to 399 are successes. */
export function httpExchanges({ url, connections, timeout }: ClientOptions, tally: Tally): Exchanges {
  const agent = new Agent({ keepAlive: true, maxSockets: connections, scheduling: "fifo" });
  let lost = 0;
  const exchange = () =>
    new Promise<void>((resolve) => {
      const settle = tally.begin();
      const end = (failure?: string, pod?: string) => {
        clearTimeout(timer);
        settle(failure, pod);
        resolve();
      };
      const sent = request(url, { agent });
      const timer = setTimeout(() => {
        end("timeout");
        sent.destroy();
      }, timeout);
      sent.once("socket", (socket) => {
        if (!socket.connecting) return;
        const isReplacement = lost > 0;
        if (isReplacement) lost--;
        tally.connected(isReplacement);
        socket.once("close", () => lost++);
      });
      sent.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
      sent.once("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
        response.once("end", () => {
          const status = response.statusCode ?? 0;
          end(status >= 200 && status < 400 ? undefined : `status ${status}`, podOf(Buffer.concat(chunks).toString()));
        });
      });
      sent.end();
    });
  return { exchange, close: () => agent.destroy() };
}
