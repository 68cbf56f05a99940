import { type ControlPlaneCaches, startControlPlaneCaches } from "../../cluster/control-plane-caches.ts";
import { KubernetesStore } from "../../store/kubernetes-store.ts";
import { KnownCertificates } from "../proxies/known-certificates.ts";
import { KnownServices } from "../proxies/known-services.ts";
import type { Replica } from "./replica.ts";

/** All that a control plane knows. */
export interface Facts extends Pick<ControlPlaneCaches, "informers" | "injection" | "leaving" | "pods"> {
  readonly services: KnownServices;
  /** The Secrets that ARNs of certificates mean. */
  readonly certificates: KnownCertificates;
  /** App Mesh's objects. */
  readonly store: KubernetesStore;
  /** Until then nobody is answered: after a restart all proxies come at once, about pods that are not known yet one would have to ask, and a proxy that has its mesh is not to lose it while the mesh is being read. */
  readonly synced: Promise<unknown>;
}

/** Watches the cluster until the signal. */
export function startFacts({ client, configuration, log }: Replica, signal: AbortSignal): Facts {
  const { informers, injection, objects, leaving, pods, ...found } = startControlPlaneCaches(client, signal);
  const services = new KnownServices(found.services, found.slices, signal);
  const { secrets } = configuration.controlPlane.certificates;
  const certificates = new KnownCertificates({ client, secrets, log, now: () => new Date() }, signal);
  const store = new KubernetesStore({ client, objects, namespaces: injection.namespaces }, signal);
  const synced = Promise.all([pods.synced, store.synced, services.synced, certificates.synced]);
  return { informers, injection, leaving, pods, services, certificates, store, synced };
}
