import { type Entry, type Gathered, nothingGathered } from "../gathered.ts";
import { describeOrigin, type Origin } from "../origin.ts";
import { printable } from "../printable.ts";
import { rawText, readBoolean, readInteger, textWord } from "../raw-value.ts";

/** Port of each provider in the old programs. */
const PORTS = { xray: 2000, jaeger: 9411, datadog: 8126 } as const;
type Tracer = keyof typeof PORTS;
const TRACERS = Object.keys(PORTS) as Tracer[];

/** Address that the old charts give whatever the provider. */
const SHARED_ADDRESS = "appmesh-jaeger.appmesh-system";

/**
 * Turns the tracing switches, addresses and ports of the old programs into `tracing.provider`, `.address` and `.port`.
 * More than one tracer at once is an error, as in both of them. What the charts share among three providers (one
 * address, one port) is not believed where it is plainly another provider's.
 */
export function joinTracing(entries: readonly Entry[]): Gathered {
  const found = nothingGathered();
  const translated = addressesAndPorts(switches(chartValues(entries.map(renamed), found), found), found);
  found.entries.push(...translated);
  return found;
}

/** `x-ray`, as the charts wrote it. */
function renamed(entry: Entry): Entry {
  const xray = entry.target === "tracing.provider" && rawText(entry.raw) === "x-ray";
  return xray ? { ...entry, raw: textWord("xray") } : entry;
}

/** `tracing.enabled` makes the file's `tracing` one of the charts': switch, provider, shared address and port. */
function chartValues(entries: readonly Entry[], found: Gathered): Entry[] {
  const enabled = entries.findLast(({ target }) => target === "former:tracing.enabled");
  if (enabled === undefined) return [...entries];
  const on = readSwitch(enabled, "tracing.enabled", found);
  const provider = entries.find(({ target, origin }) => target === "tracing.provider" && origin.source === "file");
  const tracer = provider ? rawText(provider.raw) : "xray";
  return entries.flatMap((entry) => {
    if (entry === enabled) {
      if (!on) return [{ target: "tracing.provider", raw: textWord("none"), origin: enabled.origin } as const];
      return provider ? [] : [{ target: "tracing.provider", raw: textWord("xray"), origin: enabled.origin } as const];
    }
    if (entry.origin.source !== "file") return [entry];
    if (entry.target === "tracing.provider") return on ? [entry] : [];
    if (entry.target !== "tracing.address" && entry.target !== "tracing.port") return [entry];
    if (!on) return [];
    const text = rawText(entry.raw);
    const foreign =
      entry.target === "tracing.address"
        ? text === SHARED_ADDRESS && tracer !== "jaeger"
        : TRACERS.some((other) => other !== tracer && PORTS[other] === readInteger(text));
    if (!foreign) return [entry];
    found.warnings.push(
      `${describeOrigin(entry.origin)}: ${entry.target} ${printable(text)} is what the old charts share among providers ` +
        `and not ${tracer}'s, so ${tracer}'s default is used; leave out tracing.enabled to insist`,
    );
    return [];
  });
}

/** One switch for each tracer becomes the provider. */
function switches(entries: readonly Entry[], found: Gathered): Entry[] {
  const given = TRACERS.flatMap((tracer) => {
    const entry = entries.findLast(({ target }) => target === `former:tracing.${tracer}`);
    if (entry === undefined) return [];
    return [{ tracer, entry, on: readSwitch(entry, nameOf(entry.origin), found) }];
  });
  const on = given.filter((one) => one.on);
  if (on.length > 1) {
    const names = on.map(({ tracer, entry }) => `${tracer} (${describeOrigin(entry.origin)})`).join(" and ");
    const origin = entries.findLast((entry) => on.some((one) => one.entry === entry))?.origin ?? { source: "default" };
    found.problems.push({ setting: "tracing.provider", origin, found: names, expected: "one tracer at most" });
  }
  const result: Entry[] = [];
  for (const entry of entries) {
    const one = given.find((candidate) => candidate.entry === entry);
    const { origin } = entry;
    if (one?.on && on.length === 1) result.push({ target: "tracing.provider", raw: textWord(one.tracer), origin });
    // Off means something only where a weaker source chose that very tracer.
    if (one?.on === false && chosen(result) === one.tracer) {
      result.push({ target: "tracing.provider", raw: textWord("none"), origin });
    }
    if (!entry.target.startsWith("former:tracing.")) result.push(entry);
  }
  return result;
}

/** Addresses and ports of one tracer become the collector's, if that tracer was chosen. */
function addressesAndPorts(entries: readonly Entry[], found: Gathered): Entry[] {
  const provider = chosen(entries) ?? "none";
  return entries.flatMap((entry): Entry[] => {
    const match = /^former:(xray|jaeger|datadog)\.(address|port)$/.exec(entry.target);
    if (!match) return [entry];
    if (match[1] === provider) {
      return [{ ...entry, target: match[2] === "address" ? "tracing.address" : "tracing.port" }];
    }
    found.ignored.push({ name: "", origin: entry.origin, because: `traces go to ${match[1]} only with that provider` });
    return [];
  });
}

function chosen(entries: readonly Entry[]): string | undefined {
  const entry = entries.findLast(({ target }) => target === "tracing.provider");
  return entry && rawText(entry.raw);
}

function readSwitch({ raw, origin }: Entry, setting: string, found: Gathered): boolean | undefined {
  const text = rawText(raw);
  const value = readBoolean(text);
  if (value === undefined) {
    found.problems.push({ setting, origin, found: printable(text), expected: "true or false" });
  }
  return value;
}

function nameOf(origin: Origin): string {
  return origin.source === "flag" ? "" : "tracing.provider";
}
