import { Agent, request } from "node:http";

/** How many answers had each status; 0 is a connection that failed. */
export type Answers = Readonly<Record<number, number>>;

/** Requests without a pause, some at once, until it is stopped. */
export interface Load {
  /** Number of answers until now. */
  readonly count: () => number;
  /** Waits for so many more answers. */
  readonly more: (answers: number) => Promise<void>;
  readonly stop: () => Promise<Answers>;
}

/** Whom to ask; of loopback. */
export interface Asked {
  readonly port: number;
  readonly address?: string;
  /** What is called; absent: the address. */
  readonly host?: string;
}

/** How many connections there are, each with a request at a time. */
const AT_ONCE = 4;

/** Asks for `/` on a few connections that stay open. */
export function load(asked: Asked): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const answers: Record<number, number> = {};
  let count = 0;
  let isStopped = false;
  const run = async (): Promise<void> => {
    while (!isStopped) {
      const status = await statusOf(asked, agent);
      answers[status] = (answers[status] ?? 0) + 1;
      count += 1;
      // a core is shared with the proxy and the server: they need their turn
      await new Promise((resolve) => setTimeout(resolve, status === 200 ? 1 : 5));
    }
  };
  const running = Promise.all(Array.from({ length: AT_ONCE }, run));
  return {
    count: () => count,
    async more(wanted) {
      const end = count + wanted;
      while (count < end) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    async stop() {
      isStopped = true;
      await running;
      agent.destroy();
      return answers;
    },
  };
}

function statusOf({ port, address = "127.0.0.1", host = address }: Asked, agent: Agent): Promise<number> {
  return new Promise((resolve) => {
    const options = { host: address, port, path: "/", agent, headers: { host } };
    const asked = request(options, (response) => {
      response.resume().on("end", () => resolve(response.statusCode ?? 0));
      response.on("error", () => resolve(0));
    });
    asked.on("error", () => resolve(0)).end();
  });
}

/** Answers that are no success. */
export function failures(answers: Answers): Answers {
  return Object.fromEntries(Object.entries(answers).filter(([status]) => status !== "200"));
}
