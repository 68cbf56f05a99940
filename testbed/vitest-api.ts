import type { TestProject } from "vitest/node";
import type { ClusterCredentials } from "./api-tier/credentials.ts";
import { startCluster } from "./cluster.ts";
import { progressOnStderr } from "./progress.ts";

/**
 * What `inject("cluster")` of vitest gives the tests of the project `api`. The cluster is one for the whole run: make a
 * namespace of your own. A test that restarts the API server starts a cluster of its own with `startCluster()`.
 */
export interface ProvidedCluster extends ClusterCredentials {
  readonly server: string;
  /** Paths. */
  readonly kubeconfig: string;
  readonly kubectl: string;
}

declare module "vitest" {
  interface ProvidedContext {
    cluster: ProvidedCluster;
    /** Path of the private key (PEM) with which that cluster signs service account tokens. */
    serviceAccountKey: string;
  }
}

/** Global set-up of vitest: runs once, in the main process; what it returns runs at the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cluster = await startCluster({ progress: progressOnStderr });
  project.provide("cluster", {
    ...cluster.credentials,
    server: cluster.server,
    kubeconfig: cluster.kubeconfig,
    kubectl: cluster.binaries.kubectl,
  });
  project.provide("serviceAccountKey", cluster.serviceAccountKey);
  return () => cluster.stop();
}
