import { once } from "node:events";
import { createServer, type Server } from "node:http";

/** Header by which the requests of one question are known. */
export const ID = "x-question";
/** Header that says with which status an app fails each try, or `hang`. */
export const FAULT = "x-fault";
/** Headers in which an app says who it is, and what it saw. */
export const SEEN = { who: "x-node", path: "x-path", host: "x-host" } as const;

export interface RecordingApps {
  /** How many tries of a question came to any app. */
  readonly triesOf: (id: string) => number;
  readonly stop: () => Promise<void>;
}

/** An app for each port, which is the node `n<index>`, and one for all that is outside. */
export async function recordingApps(ports: readonly number[], outside: number): Promise<RecordingApps> {
  const tries = new Map<string, number>();
  const named = [...ports.map((port, index) => [`n${index}`, port] as const), ["outside", outside] as const];
  const servers = named.map(([who, port]): Server => {
    const server = createServer((asked, answer) => {
      const id = String(asked.headers[ID] ?? "");
      const fault = String(asked.headers[FAULT] ?? "");
      tries.set(id, (tries.get(id) ?? 0) + 1);
      asked.resume();
      // held until whoever asks has had enough
      if (fault === "hang") return;
      answer.statusCode = fault === "" ? 200 : Number(fault);
      answer
        .setHeader(SEEN.who, who)
        .setHeader(SEEN.path, asked.url ?? "")
        .setHeader(SEEN.host, asked.headers.host ?? "");
      answer.end();
    });
    return server.listen(port, "127.0.0.1");
  });
  await Promise.all(servers.map((server) => once(server, "listening")));
  return {
    triesOf: (id) => tries.get(id) ?? 0,
    async stop() {
      for (const server of servers) server.closeAllConnections();
      await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
    },
  };
}
