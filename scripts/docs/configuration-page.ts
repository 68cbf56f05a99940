import type { FormerName, Meaning } from "../../src/config/former/name.ts";
import { FORMER_NAMES } from "../../src/config/former/names.ts";
import { type SettingType, type SettingValue, textOf, typeOf } from "../../src/config/setting-type.ts";
import { SECTIONS, SETTINGS, type Section } from "../../src/config/sources.ts";
import { code, table } from "./markdown.ts";
import type { Page } from "./page.ts";

const HEADINGS: Readonly<Record<Section, string>> = {
  general: "Injection",
  proxy: "The sidecar: `proxy`",
  capture: "Redirection of traffic: `capture`",
  tracing: "Tracing: `tracing`",
  stats: "Statistics: `stats`",
  sds: "Certificates from an SDS server: `sds`",
  webhook: "The webhook: `webhook`",
  controlPlane: "The control plane: `controlPlane`",
  arn: "ARNs of App Mesh objects: `arn`",
  log: "Outrigger's own log: `log`",
};

/** The file that the page shows; a test loads it. */
export const EXAMPLE_FILE = `meshName: demo
proxy:
  logLevel: warn
  requests:
    cpu: 20m
    memory: 64Mi
capture:
  ignoredPorts: [22, 5432]
tracing:
  provider: otel
  address: collector.observability
`;

/** `docs/configuration.md`: every setting with its names in every source, and what the old programs called them. */
export const CONFIGURATION_PAGE: Page = { path: "docs/configuration.md", render };

function render(): string {
  const sections = SECTIONS.flatMap((section) => [`### ${HEADINGS[section]}`, settingsTable(section)]);
  return `${[INTRODUCTION, "## Settings", SETTINGS_NOTE, ...sections, OLD_NAMES, ...oldNames(), TRAPS].join("\n\n")}\n`;
}

const INTRODUCTION = `# Configuration

<!-- Written by scripts/write-docs.ts out of src/config; change it there. -->

The settings are the same wherever they are taken: by \`inject\`, \`explain\`, \`demo\`, \`config\`, \`webhook\`, \`control-plane\` and
\`install\`. What \`install\` takes goes into the ConfigMaps of the cluster; it refuses the ones that it decides itself:
where webhook and control plane listen, how they reach the cluster, and where the webhook's certificate and trust come from.
\`check\`, \`status\`, \`trust\` and \`uninstall\` go by what is in the cluster and take none, and \`capture\` has only its
[environment](capture.md), which the injector writes.

A value comes from its default, from the configuration file, from the environment or from a flag; the later ones win, setting
by setting. \`outrigger config\` prints what holds, and behind each value where it comes from; what it prints is a configuration file again.
In a clone \`outrigger\` is \`npx outrigger\` ([the command line](command-line.md)).

\`\`\`yaml
${EXAMPLE_FILE}\`\`\`

\`\`\`sh
outrigger config --config mesh.yaml --output table
outrigger inject --config mesh.yaml --proxy-log-level debug -f deployment.yaml
OUTRIGGER_PROXY_LOG_LEVEL=debug outrigger inject -f deployment.yaml
\`\`\`

The configuration is checked as a whole before anything else happens. All problems of all sources are told at once, each
with its place (file, line and column; variable; flag), what was found, what was expected and, for an unknown name, the
nearest known one; the exit code is 2. Values that look like keys, tokens or passwords are not repeated.

* **File**: YAML 1.2 or JSON in UTF-8, at most 1 MiB, named with \`--config\`. Unknown and repeated keys are errors, aliases and
  tags are not accepted. A key without a value is as if it were not there. Helm values of the two old charts are
  understood too (below).
* **Environment**: \`OUTRIGGER_\` and the setting's path in capitals. A variable that is set to nothing gives the empty value;
  unknown variables are no errors, but one that looks like a slip is warned of.
* **Flags**: the setting's path with dashes; a few have a shorter name, and then the long one works as well. A boolean flag may
  stand alone or be \`--flag=false\`. As in Go, one dash is as good as two, and of a repeated flag the last one counts.
* **Values**: blanks around a value do not matter, wherever it comes from. Booleans are \`true\`, \`false\`, \`1\`, \`0\`, \`t\`, \`f\` in any case. Lists are YAML lists, or texts with commas. A
  number may be written as a text and the other way round. A list replaces the one of a weaker source as a whole.
* Two names for one setting must agree within the file and within the command line.`;

const SETTINGS_NOTE = "A form such as “a name, or nothing” means that an empty text is allowed.";

const OLD_NAMES = `## What was called what

The names that the injector of 2019 (flags, install script, Helm chart \`appmesh-inject\`) and the App Mesh controller (flags,
Helm chart \`appmesh-controller\`) had are accepted where they were: flags as flags, variables as variables, Helm values in
the configuration file. \`outrigger config --config values.yaml\` translates a values file. Help does not show them.`;

const TRAPS = `## Where the old programs surprised

* \`--log-level\` is the log level of Outrigger itself, as in the controller. In the injector it was the sidecar's, which is
  \`--proxy-log-level\` now, or \`--sidecar-log-level\` as in the controller.
* Two tracers at once are an error, as they were, also when they come from two sources.
* The charts had one \`tracing.address\` and one \`tracing.port\` for three providers. With \`tracing.enabled\` in the file, an
  address or a port that is plainly another provider's is not believed: the provider's default is used, with a warning.
* \`--envoy-admin-access-enable-ipv6\` and \`--dual-stack-endpoint\` are two settings here; in the controller they were one.
* Helm writes a 12-digit \`accountId\` as \`1.11122223333e+11\`; that is repaired, and a leading zero is kept.
* Of several variables for one setting ours wins, then they count in the order of the table. \`AWS_REGION\` is one of
  them, so it beats \`region\` in the file.
* Half an image (repository or tag) is completed with the other half that the old program had by default. An image of
  AWS's needs \`flavor: aws\`, which is not guessed, but warned of.`;

function settingsTable(section: Section): string {
  const rows = SETTINGS.filter((setting) => setting.section === section).map(({ path, says, variable, flag }) => {
    const type = typeOf(path);
    return [code(path), says, type.form, defaultOf(type), code(`--${flag}`), code(variable)];
  });
  return table(["setting", "meaning", "form", "default", "flag", "variable"], rows);
}

function defaultOf({ default: value }: SettingType): string {
  if (value === "") return "(empty)";
  return typeof value === "object"
    ? value.map((entry) => code(textOf([entry] as SettingValue))).join(" ")
    : code(String(value));
}

function oldNames(): string[] {
  const flags = namesTable("old flag", ({ flags: names }) => names?.map((name) => `--${name}`));
  const values = namesTable("Helm value", ({ values: names }) => names);
  const variables = namesTable("old variable", ({ variables: names }) => names);
  const retired = FORMER_NAMES.flatMap(({ flags: names = [], values: keys = [], variables: others = [], becomes }) => {
    if (becomes.kind !== "ignored" && becomes.kind !== "refused") return [];
    const all = [...names.map((name) => `--${name}`), ...keys, ...others].map(code).join(", ");
    return [[all, becomes.kind === "ignored" ? `ignored: ${becomes.because}` : `refused: expected ${becomes.instead}`]];
  });
  return [
    "### Flags",
    flags,
    "### Helm values",
    "`region`, `accountId`, `preview`, `tracing.provider`, `tracing.address`, `tracing.port`, `tracing.samplingRate`, " +
      "`stats.statsdAddress`, `stats.statsdPort`, `stats.statsdSocketPath`, `sds.enabled`, `sds.udsPath` and `log.level` " +
      "are settings of the same name.",
    values,
    "### Variables",
    variables,
    "### Names without a meaning any more",
    "Ignored ones are warned of, unless they switch nothing on; refused ones are errors, unless they are empty.",
    table(["name", "what happens"], retired),
  ];
}

function namesTable(heading: string, names: (former: FormerName) => readonly string[] | undefined): string {
  const rows = FORMER_NAMES.flatMap((former) => {
    const becomes = target(former.becomes);
    const own = names(former) ?? [];
    return becomes === undefined || own.length === 0 ? [] : [[own.map(code).join(", "), becomes]];
  });
  return table([heading, "setting"], rows);
}

function target(becomes: Meaning): string | undefined {
  switch (becomes.kind) {
    case "setting":
      return becomes.convert === undefined ? code(becomes.path) : `${code(becomes.path)}: ${becomes.convert.says}`;
    case "part":
      return `${code(becomes.of)}, together with others`;
    case "ignored":
    case "refused":
      return undefined;
  }
}
