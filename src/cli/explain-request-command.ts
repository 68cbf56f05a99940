import { Command, Option } from "commander";
import { addClusterOptions, type ClusterOptions } from "./cluster-options.ts";
import { painter } from "./colors.ts";
import { CommandError, EXIT } from "./exit.ts";
import type { CommandContext } from "./io.ts";
import { addInputOptions, type FileOptions, parsedInputs } from "./manifest-options.ts";
import { fileOption } from "./pod-options.ts";
import { progress } from "./progress.ts";
import type { RequestSetting } from "./request-in-files.ts";

const HELP = `
Examples:
  # What a request of a workload meets, on a cluster or in manifests
  outrigger explain request http://back.shop.svc.cluster.local:8080/api --from deployment/front -n shop
  outrigger explain request http://back.shop.svc.cluster.local:8080/api --from deployment/front -n shop -f manifests/

  # With a method and headers, each -H one line
  outrigger explain request POST http://back.shop:8080/api --from virtualnode/front -n shop -H 'x-user: bob'

  # A request that comes to a gateway from outside, by the port of its listener
  outrigger explain request http://shop.example.com:8088/cart --from virtualgateway/ingress -n shop

  # A call of gRPC, and a connection
  outrigger explain request --grpc http://back.shop:9000/shop.Catalogue/List --from deployment/front -n shop
  outrigger explain request tcp://db.shop:5432 --from deployment/front -n shop

The URL is taken as it is written, as clients send it. Only what is given is sent: no header of curl's own. Reads only; no request
is made. Exit code 0 when it would be answered, or leaves the mesh; 1 when it, or a share of it, would not, and where something
that may belong to it cannot be read; 2 for usage and for a caller that is not there; 3 when the cluster could not be read. docs/explain-request.md has more.`;

interface RequestOptions extends FileOptions, ClusterOptions {
  readonly from: string;
  readonly header?: readonly string[];
  readonly grpc?: true;
  readonly namespace?: string;
  readonly output: "text" | "json";
}

/** `outrigger explain request`: which virtual service, router, route and nodes one request meets, and why. */
export function explainRequestCommand({ io, release, exit }: CommandContext): Command {
  const command = new Command("request")
    .description("say what one request meets in the mesh, route by route, and who answers it")
    .argument("<[method] url...>", "a method, if it is not GET, and http://, https:// or tcp:// with host and port")
    .requiredOption("--from <kind/name>", "who sends it: a workload, a pod, virtualnode/NAME or virtualgateway/NAME")
    .addOption(fileOption("-H, --header <line>", "a header such as 'x-user: bob'; may be given several times"))
    .option("--grpc", "a call of gRPC: POST, with its content type")
    .option("-n, --namespace <name>", "namespace of the caller; with -f also that of objects that name none");
  addInputOptions(command).addOption(
    new Option("-o, --output <format>", "how to print it").choices(["text", "json"]).default("text"),
  );
  addClusterOptions(command).addHelpText("after", HELP);
  return command.action(async (words: readonly string[]) => {
    const options = givenOptions(command);
    const { explainRequest, explanationReport, explanationText, isAnswered, readRequest, RequestError } = await import(
      "../answers/explain-request/answers.ts"
    );
    const [url, method, ...rest] = words.toReversed();
    if (url === undefined || rest.length > 0) {
      throw new CommandError("usage", `expected [METHOD] URL, found ${words.length} words: quote what has blanks`);
    }
    try {
      const headers = options.header ?? [];
      const sent = readRequest({ method, url, headers, isGrpc: options.grpc === true });
      const { caller, around, notes, isWhole } = await settingOf(options);
      const explanation = explainRequest(sent, caller, around);
      const whole = { ...explanation, notes: [...notes, ...explanation.notes] };
      const text =
        options.output === "json"
          ? `${JSON.stringify(explanationReport(whole, release), null, 2)}\n`
          : explanationText(whole, painter(io, io.stdout));
      io.stdout.write(text);
      exit(isAnswered(whole) && isWhole ? EXIT.done : EXIT.refused);
    } catch (error) {
      if (error instanceof RequestError) throw new CommandError("usage", error.message, { cause: error });
      throw error;
    }
  });

  async function settingOf(options: RequestOptions): Promise<RequestSetting> {
    const { kubeconfig, context, namespace, from } = options;
    if (options.filename === undefined) return await ofCluster(options, { io, release });
    if (kubeconfig !== undefined || context !== undefined) {
      throw new CommandError("usage", "-f looks at files alone: give it without --kubeconfig and --context");
    }
    const inputs = await parsedInputs(options, io);
    return (await import("./request-in-files.ts")).requestInFiles(inputs, from, namespace ?? "default", release);
  }
}

async function ofCluster(
  { kubeconfig = "", context = "", namespace: asked, from }: RequestOptions,
  { io, release }: Pick<CommandContext, "io" | "release">,
): Promise<RequestSetting> {
  const [{ connect, gatherServing }, { kubeEndpoint }, { requestOnCluster }] = await Promise.all([
    import("../diagnose/diagnose.ts"),
    import("../kube/endpoint.ts"),
    import("./request-on-cluster.ts"),
  ]);
  const waiting = progress(io, "reading");
  try {
    const { namespace: ofContext = "default" } = await kubeEndpoint(kubeconfig, io.environment, context);
    const namespace = asked ?? ofContext;
    const connection = await connect({ kubeconfig, context }, io.environment);
    const meshName = io.environment.MESH_NAME ?? "";
    const gathering = { ...connection, release, meshName, now: Date.now, progress: waiting.step };
    return requestOnCluster(await gatherServing(gathering, undefined), from, namespace);
  } finally {
    waiting.end();
  }
}

/**
 * The options of this command and of `explain`, which takes those that both have, wherever they stand. Throws CommandError for one that
 * only `explain` has.
 */
function givenOptions(command: Command): RequestOptions {
  const { parent } = command;
  const own = new Set(command.options.map((option) => option.attributeName()));
  const others = parent?.options.filter((option) => !own.has(option.attributeName())) ?? [];
  const foreign = others.find((option) => parent?.getOptionValueSource(option.attributeName()) === "cli");
  if (foreign === undefined) return command.optsWithGlobals<RequestOptions>();
  throw new CommandError(
    "usage",
    `${foreign.long ?? foreign.flags} says nothing about requests: explain KIND/NAME takes it`,
  );
}
