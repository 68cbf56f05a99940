import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ColorCalls } from "./color-calls.ts";
import { ColorService } from "./color-service.ts";
import { Faults } from "./faults.ts";
import type { HttpContext } from "./http-answers.ts";
import { type Listener, plainListener, secureListener } from "./http-listener.ts";
import { ProbeSwitches, TCP_PROBE } from "./probe-switches.ts";
import type { ServeOptions } from "./serve-options.ts";
import { echoListener, greetingListener } from "./tcp-listener.ts";

/** The ports that are really open, in the order in which they were asked for. */
export interface Ports {
  readonly http: readonly number[];
  readonly https: readonly number[];
  readonly tcp: readonly number[];
  readonly greeting: readonly number[];
}

export interface RunningApp {
  readonly ports: Ports;
  readonly probes: ProbeSwitches;
  /** Stops gracefully: see `linger` and `drain` of the options. Resolves when nothing is open any more, or time is up. */
  readonly stop: () => Promise<void>;
}

/** Opens all listeners. `exit` is called when a client asks for the end of the process. */
export async function startApp(options: ServeOptions, exit: (code: number) => void): Promise<RunningApp> {
  if (options.startDelay > 0) await sleep(options.startDelay);
  const probes = new ProbeSwitches();
  let stopping = false;
  const identity = { name: options.name, version: options.version, pod: options.pod };
  const { role } = options;
  const context: HttpContext = {
    identity,
    role,
    probes,
    faults: new Faults(),
    colors: new ColorService(),
    colorCalls: new ColorCalls(role.kind === "front" ? role.colorHost : ""),
    exit,
    stopping: () => stopping,
  };
  const listeners: Listener[] = [];
  const open = async (ports: readonly number[], listener: () => Listener): Promise<readonly number[]> => {
    const opened: number[] = [];
    for (const port of ports) {
      const made = listener();
      made.server.listen({ port, host: options.host });
      await once(made.server, "listening");
      listeners.push(made);
      opened.push((made.server.address() as AddressInfo).port);
    }
    return opened;
  };
  const tcp = await open(options.tcp, echoListener);
  const greeting = await open(options.greeting, () => greetingListener(identity));
  const [rawListeners, rawPorts] = [[...listeners], [...tcp, ...greeting]];
  const http = await open(options.http, () => plainListener(context));
  const https = await open(options.https, () => secureListener(context));

  probes.watch(() => {
    for (const [index, { server }] of rawListeners.entries()) {
      if (stopping || probes.passes(TCP_PROBE) === server.listening) continue;
      if (server.listening) server.close();
      else server.listen({ port: rawPorts[index] ?? 0, host: options.host });
    }
  });
  return {
    ports: { http, https, tcp, greeting },
    probes,
    async stop() {
      stopping = true;
      await sleep(options.linger);
      const timeUp = new AbortController();
      const drained = Promise.all(listeners.map((listener) => listener.drain()));
      await Promise.race([drained, sleep(options.drain, undefined, { signal: timeUp.signal })]);
      timeUp.abort();
    },
  };
}
