import { z } from "zod";
import { EXEMPT_ADDRESSES, EXEMPT_PORT } from "../../model/exempt.ts";
import { addressOrRange, image, port } from "../forms.ts";
import { group, setting } from "../setting.ts";

/** The redirection of a pod's traffic. */
export const capture = group({
  /** init: init container proxyinit. cni: annotations for the App Mesh CNI plugin (as on Fargate). */
  mode: setting(
    z.enum(["init", "cni"]).default("init"),
    "init: init container proxyinit; cni: annotations for the App Mesh CNI plugin",
  ),
  image: setting(image.default(""), "image of proxyinit; empty: Outrigger's own"),
  imagePullPolicy: setting(
    z.enum(["", "Always", "IfNotPresent", "Never"]).default(""),
    "pull policy of that image; empty: the cluster's default",
  ),
  program: setting(
    z.enum(["auto", "outrigger", "aws"]).default("auto"),
    "which program the image holds; auto: by the image's name",
  ),
  backend: setting(z.enum(["nft", "legacy"]).default("nft"), "kernel interface that the rules are written to"),
  /** inside: the pod's own init containers run in the mesh. outside: before traffic is captured, as App Mesh had it. */
  initContainers: setting(
    z.enum(["inside", "outside"]).default("inside"),
    "inside: the pod's own init containers run in the mesh; outside: before its traffic is captured",
  ),
  ignoredIps: setting(
    z
      .array(addressOrRange)
      .max(256)
      .default([...EXEMPT_ADDRESSES]),
    "addresses and ranges that outgoing traffic reaches without the sidecar",
  ),
  ignoredPorts: setting(
    z.array(port).max(256).default([EXEMPT_PORT]),
    "ports that outgoing traffic reaches without the sidecar",
  ),
  ipv6: setting(z.boolean().default(true), "capture IPv6 too"),
});
