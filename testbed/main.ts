/** The command line of the testbed: `npm run testbed -- COMMAND`. */
import { Command, CommanderError, Option } from "@commander-js/extra-typings";
import { down } from "./commands/down.ts";
import { execIn, runningCluster } from "./commands/exec.ts";
import { changeComponent, push } from "./commands/owner.ts";
import { status, statusText } from "./commands/status.ts";
import { up } from "./commands/up.ts";
import { COMPONENTS } from "./node-tier/component-list.ts";
import { progressOnStderr } from "./progress.ts";
import { TestbedError } from "./testbed-error.ts";

const EXAMPLES = `
Examples:
  npm run testbed -- up                            a Kubernetes API server, ready in 3 to 4 seconds
  npm run testbed -- kubectl get namespaces
  npm run testbed -- exec sh -c 'kubectl apply -f -' < pod.yaml
  export KUBECONFIG=$(npm run --silent testbed -- kubeconfig)
  npm run testbed -- down                          leaves no process and no file

The first \`up\` on a machine builds etcd and Kubernetes from source (minutes; needs Go) unless KUBEBUILDER_ASSETS names a
folder with etcd, kube-apiserver and kubectl, or they are on PATH.

Exit codes: 0 done; 1 a check failed; 2 usage; 3 something could not be started, reached or written.
exec and kubectl return the exit code of what they ran.`;

const nameOption = () => new Option("--name <name>", "name of the cluster").default("default");

const TIER_OPTION = new Option("--tier <tier>", "api: etcd and kube-apiserver; node: also a node that runs pods (root)")
  .choices(["api", "node"] as const)
  .default("api" as const);

const program = new Command("testbed")
  .description("A real Kubernetes on loopback for tests and for trying things out; needs no privileges.")
  .addHelpText("after", EXAMPLES)
  .enablePositionalOptions()
  .exitOverride();

program
  .command("up")
  .description("start a cluster, or find it running")
  .addOption(nameOption())
  .addOption(TIER_OPTION)
  .action(async ({ name, tier }) => {
    const { running, started } = await up(name, tier, progressOnStderr);
    process.stdout.write(
      `${name} ${started ? "is up" : "was up already"}: ${running.server}\nKUBECONFIG=${running.kubeconfig}\n`,
    );
  });

program
  .command("down")
  .description("end a cluster and remove everything of it")
  .addOption(nameOption())
  .action(async ({ name }) => {
    process.stdout.write((await down(name)) ? `${name} is down\n` : `${name} was not up\n`);
  });

program
  .command("status")
  .description("show what runs; exit code 1 when nothing does")
  .addOption(new Option("--output <format>", "text or json").choices(["text", "json"]).default("text"))
  .action(async ({ output }) => {
    const clusters = await status();
    process.stdout.write(output === "json" ? `${JSON.stringify(clusters, null, 2)}\n` : statusText(clusters));
    if (clusters.length === 0) process.exitCode = 1;
  });

program
  .command("kubectl")
  .description("run kubectl against a cluster")
  .usage("[--name NAME] ARGUMENT...")
  .addOption(nameOption())
  .argument("[arguments...]")
  .allowUnknownOption()
  .passThroughOptions()
  .action(async (args, { name }) => {
    const cluster = await runningCluster(name);
    process.exitCode = await execIn(cluster, cluster.running.kubectl, args);
  });

program
  .command("exec")
  .description("run any command with KUBECONFIG set to a cluster")
  .addOption(nameOption())
  .argument("<command>")
  .argument("[arguments...]")
  .passThroughOptions()
  .action(async (command, args, { name }) => {
    process.exitCode = await execIn(await runningCluster(name), command, args);
  });

program
  .command("push")
  .description("have a cluster's registry serve an image from now on; the node forgets what it pulled under that name")
  .addOption(nameOption())
  .argument("<layout>", "folder of an OCI image layout")
  .argument("<reference>", "path and tag, such as outrigger/outrigger:0.2.0")
  .action(async (layout, reference, { name }) => {
    await push(name, { layout, reference });
    process.stdout.write(`${reference} is served\n`);
  });

for (const verb of ["stop", "start", "restart"] as const) {
  program
    .command(verb)
    .description(`${verb} one program of a cluster with a node; stopping is a SIGKILL`)
    .addOption(nameOption())
    .addOption(new Option("--component <component>", "the program").choices(COMPONENTS).makeOptionMandatory())
    .action(async ({ name, component }) => {
      const ready = await changeComponent(name, verb, component);
      process.stdout.write(`${component}: ${verb} done; the cluster is ${ready ? "ready" : "not ready"}\n`);
    });
}

program
  .command("kubeconfig")
  .description("print the path of a cluster's kubeconfig")
  .addOption(nameOption())
  .action(async ({ name }) => {
    process.stdout.write(`${(await runningCluster(name)).running.kubeconfig}\n`);
  });

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else if (error instanceof TestbedError) {
    process.stderr.write(`testbed: ${error.message}\n`);
    process.exitCode = error.code === "usage" ? 2 : 3;
  } else {
    throw error;
  }
}
