import type { Command } from "commander";
import type { CommandContext } from "./io.ts";

/** A command as the list of commands shows it; its module is loaded only when it is asked for. */
export interface CommandEntry {
  readonly name: string;
  readonly description: string;
  /** `whole` makes the tree of all commands with all their options. */
  readonly load: (context: CommandContext, whole: () => Promise<Command>) => Promise<Command>;
}

/** In the order of the help: for manifests, for clusters, the parts that clusters run, the rest. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "inject",
    description: "put the sidecar into the pods of Kubernetes manifests",
    load: async (context) => (await import("./inject-command.ts")).injectCommand(context),
  },
  {
    name: "uninject",
    description: "take the sidecar out of the pods of Kubernetes manifests",
    load: async (context) => (await import("./uninject-command.ts")).uninjectCommand(context),
  },
  {
    name: "explain",
    description: "say rule by rule why a pod gets its sidecar, or does not",
    load: async (context) => (await import("./explain-command.ts")).explainCommand(context),
  },
  {
    name: "install",
    description: "put the injector and the control plane into a cluster, or bring them up to date",
    load: async (context) => (await import("./install-command.ts")).installCommand(context),
  },
  {
    name: "uninstall",
    description: "remove from a cluster what install put there",
    load: async (context) => (await import("./uninstall-command.ts")).uninstallCommand(context),
  },
  {
    name: "check",
    description: "ask a cluster whether injection works, and say what helps where it does not",
    load: async (context) => (await import("./check-command.ts")).checkCommand(context),
  },
  {
    name: "status",
    description: "show workloads with their sidecars, and what would be injected now",
    load: async (context) => (await import("./status-command.ts")).statusCommand(context),
  },
  {
    name: "problems",
    description: "say what is wrong in the mesh, on a cluster or in manifests, and what helps",
    load: async (context) => (await import("./problems-command.ts")).problemsCommand(context),
  },
  {
    name: "describe",
    description: "show an App Mesh object with its neighbours, pods and problems",
    load: async (context) => (await import("./describe-command.ts")).describeCommand(context),
  },
  {
    name: "proxy",
    description: "show what a pod's Envoy has, and where that is not what it is sent",
    load: async (context) => (await import("./proxy-command.ts")).proxyCommand(context),
  },
  {
    name: "dns",
    description: "print what makes the cluster's DNS answer names of AWS Cloud Map",
    load: async (context) => (await import("./dns-command.ts")).dnsCommand(context),
  },
  {
    name: "diff",
    description: "say what an apply of App Mesh objects would change, or what serving a mesh would cut off",
    load: async (context) => (await import("./diff-command.ts")).diffCommand(context),
  },
  {
    name: "serve",
    description: "have the proxies of a Mesh or a namespace get what the App Mesh resources say",
    load: async (context) => (await import("./serve-command.ts")).serveCommand(context, "serve"),
  },
  {
    name: "observe",
    description: "have the traffic of a Mesh or a namespace pass through, as before it was served",
    load: async (context) => (await import("./serve-command.ts")).serveCommand(context, "observe"),
  },
  {
    name: "trust",
    description: "show and rotate the authorities behind the certificates of webhook and control plane",
    load: async (context) => (await import("./trust-command.ts")).trustCommand(context),
  },
  {
    name: "webhook",
    description: "answer the Kubernetes API server's admission reviews over HTTPS",
    load: async (context) => (await import("./webhook-command.ts")).webhookCommand(context.release),
  },
  {
    name: "control-plane",
    description: "configure the sidecars of the mesh over xDS",
    load: async (context) => (await import("./control-plane-command.ts")).controlPlaneCommand(context.release),
  },
  {
    name: "capture",
    description: "redirect a pod's traffic to its sidecar (runs in the init container proxyinit)",
    load: async (context) => (await import("./capture-command.ts")).captureCommand(context),
  },
  {
    name: "demo",
    description: "show on this machine what happens to a pod, without a cluster",
    load: async (context) => (await import("./demo-command.ts")).demoCommand(context),
  },
  {
    name: "config",
    description: "print the effective configuration and where each value comes from",
    load: async (context) => (await import("./config-command.ts")).configCommand(context),
  },
  {
    name: "completion",
    description: "print a completion script for bash, zsh or fish",
    load: async (context, whole) => (await import("./completion-command.ts")).completionCommand(context, whole),
  },
  {
    name: "version",
    description: "print the version",
    load: async (context) => (await import("./version-command.ts")).versionCommand(context),
  },
];
