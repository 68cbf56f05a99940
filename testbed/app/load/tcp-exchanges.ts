import { connect } from "node:net";
import { createInterface } from "node:readline";
import { AnswersInOrder } from "./answers-in-order.ts";
import type { ClientOptions } from "./client-options.ts";
import type { Exchanges } from "./exchanges.ts";
import { type KeptConnection, roundRobin } from "./round-robin.ts";
import type { Tally } from "./tally.ts";

const GREETING = "220 ";

/** Lines over connections that stay open, each answered by one line. A server that greets first is let greet. */
export function tcpExchanges({ url, connections, timeout }: ClientOptions, tally: Tally): Exchanges {
  return roundRobin(connections, (isReplacement): KeptConnection => {
    const answers = new AnswersInOrder(tally, timeout);
    const socket = connect({ host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port) });
    let isOpen = true;
    let failure = "closed";
    const ended = () => {
      isOpen = false;
      socket.destroy();
      answers.allFailed(failure);
    };
    tally.connected(isReplacement);
    socket.once("error", (error: NodeJS.ErrnoException) => {
      failure = error.code ?? error.message;
      ended();
    });
    socket.once("end", ended);
    socket.once("close", ended);
    const lines = createInterface({ input: socket });
    lines.on("error", () => undefined);
    lines.on("line", (line) => {
      if (!line.startsWith(GREETING)) answers.answered();
    });
    return {
      isOpen: () => isOpen,
      exchange() {
        const answered = answers.wait();
        socket.write("ping\n");
        return answered;
      },
      close: () => socket.destroy(),
    };
  });
}
