// Loaded into the process that is measured, before it starts (`--import`): tells its memory, its CPU time, and how long its event loop
// stood still. Asked over HTTP on the port that the environment names, because a process that starts itself again has no channel.
import { createServer } from "node:http";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What is told. Sizes in KiB, times in milliseconds. */
export interface Inside {
  readonly rss: number;
  readonly heapUsed: number;
  readonly cpu: number;
  /** The longest time between two turns of the loop since the last question. */
  readonly stall: number;
  /** The most CPU time of the main thread in one turn: what a stall is without what other processes took. */
  readonly ownStall: number;
}

const port = process.env["BENCH_INSIDE_PORT"];
if (port !== undefined && process.argv[2] === "control-plane") listen(Number(port));

function listen(where: number): void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  let stall = 0;
  let ownStall = 0;
  let last = performance.now();
  let lastCpu = threadCpu();
  const tick = (): void => {
    const [now, cpu] = [performance.now(), threadCpu()];
    stall = Math.max(stall, now - last);
    ownStall = Math.max(ownStall, cpu - lastCpu);
    last = now;
    lastCpu = cpu;
  };
  setInterval(tick, 1).unref();
  const server = createServer((request, response) => {
    if (request.url === "/collect") collect();
    const { rss, heapUsed } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    const told: Inside = {
      rss: rss / 1024,
      heapUsed: heapUsed / 1024,
      cpu: (user + system) / 1000,
      stall,
      ownStall,
    };
    stall = 0;
    ownStall = 0;
    last = performance.now();
    lastCpu = threadCpu();
    response.end(JSON.stringify(told));
  });
  server.listen(where, "127.0.0.1").unref();
}

function threadCpu(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
