// The cache of pods in a process of its own: what it takes to fill, and what it keeps. Told to its parent as one message.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { PODS } from "../src/cluster/pods-resource.ts";
import { kubeClient } from "../src/kube/client.ts";
import { Informer } from "../src/kube/informer.ts";

/** What the cache of some pods came to. */
export interface PodsTold {
  readonly pods: number;
  readonly kilobytesKept: number;
  readonly cpuMilliseconds: number;
}

if (process.send !== undefined) {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const [port = ""] = process.argv.slice(2);
  const server = new URL(`http://127.0.0.1:${port}`);
  const pods = new Informer(kubeClient({ server, options: () => Promise.resolve({}) }), PODS);
  collect();
  const before = { heap: process.memoryUsage().heapUsed, cpu: process.cpuUsage() };
  void pods.start(new AbortController().signal);
  await pods.synced;
  const { user, system } = process.cpuUsage(before.cpu);
  collect();
  const kept = process.memoryUsage().heapUsed - before.heap;
  const told: PodsTold = {
    pods: pods.cache.size,
    kilobytesKept: kept / 1024,
    cpuMilliseconds: (user + system) / 1000,
  };
  process.send(told, () => process.exit());
}
