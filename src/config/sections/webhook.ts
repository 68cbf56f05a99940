import { z } from "zod";
import { lifetime, listenAddress, optionalFile, optionalListenAddress } from "../forms.ts";
import { group, setting } from "../setting.ts";

/** The webhook itself. */
export const webhook = group({
  listen: setting(listenAddress.default("0.0.0.0:8443"), "address and port of the webhook", "listen"),
  metricsListen: setting(
    optionalListenAddress.default("0.0.0.0:9090"),
    "address and port of metrics and health; empty: none",
    "metrics-listen",
  ),
  /**
   * files: tlsCert and tlsKey. own: made by this process for this machine. cluster: of the authority that replicas share,
   * with the registration's caBundle kept up to date. auto: files where they are given, else own.
   */
  certificate: setting(
    z.enum(["auto", "files", "own", "cluster"]).default("auto"),
    "cluster: of the authority that replicas share; own: for this machine; auto: files where given, else own",
  ),
  tlsCert: setting(
    optionalFile.default(""),
    "PEM file with the webhook's certificate; empty: one of its own",
    "tls-cert",
  ),
  tlsKey: setting(optionalFile.default(""), "PEM file with the key of that certificate", "tls-key"),
  trust: setting(
    optionalFile.default(""),
    "PEM file with the mesh's trust; empty: the ConfigMap outrigger-trust",
    "trust",
  ),
  offline: setting(z.boolean().default(false), "no cluster, no look-ups", "offline"),
  kubeconfig: setting(
    optionalFile.default(""),
    "file that says how to reach the cluster; empty: as kubectl finds it",
    "kubeconfig",
  ),
  shutdownSeconds: setting(
    z.int().min(0).max(600).default(20),
    "how long answers may still take after SIGTERM, in seconds",
  ),
  /** API servers take up a changed registration within seconds. */
  certificates: group({
    rootSeconds: setting(
      lifetime.default(315_360_000),
      "lifetime of the webhook's authority, in seconds (certificate cluster)",
    ),
    leafSeconds: setting(
      lifetime.default(604_800),
      "lifetime of the webhook's certificate, in seconds (certificate cluster)",
    ),
    settleSeconds: setting(
      lifetime.default(60),
      "how long API servers may still verify by a former caBundle, in seconds (certificate cluster)",
    ),
  }),
});
