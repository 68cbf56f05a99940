import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ModelEnvoy, type ModelResource, modelled } from "../../../test/model-envoy.ts";
import { XDS_LIMITS } from "../limits.ts";
import { TYPES } from "../types.ts";
import { AdsStream, type AdsVariant } from "./ads-stream.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";

/*
 * All types at once against a model of Envoy: whatever changes when, and however messages, acknowledgements and time interleave, no
 * route in use leads to a cluster that is not usable, no cluster waits for endpoints in vain, and in the end Envoy has what is wanted.
 */

const CLUSTERS = ["a", "b", "c"];
/** Warms by something that nobody acknowledges: routes wait for it for a while only. */
const SLOW = "slow";
/** Is rejected in some versions. */
const RISKY = "risky";
const ROUTES = ["r1", "r2"];
const SECRET = "s1";

/** As long as `OUTRIGGER_PROPERTY_SECONDS` says, else a number of runs that takes a second or two. */
const SECONDS = Number(process.env.OUTRIGGER_PROPERTY_SECONDS ?? "0");
const BUDGET = SECONDS === 0 ? { numRuns: 100 } : { numRuns: 1_000_000, interruptAfterTimeLimit: SECONDS * 1000 };

/** What is wanted: clusters by name, what the two routes lead to, and how the listeners are. */
const world = fc.record({
  clusters: fc.uniqueArray(
    fc.record({
      name: fc.constantFrom(...CLUSTERS),
      version: fc.integer({ min: 1, max: 3 }),
      warms: fc.constantFrom("by-endpoints" as const, "by-endpoints" as const, "at-once" as const),
      endpoints: fc.integer({ min: 1, max: 2 }),
    }),
    { selector: ({ name }) => name, minLength: 1 },
  ),
  slow: fc.constantFrom(0, 0, 1, 2),
  risky: fc.constantFrom(0, 0, 0, 1, 2, 3),
  targets: fc.array(fc.nat(), { minLength: 2, maxLength: 2 }),
  listener: fc.record({
    version: fc.integer({ min: 1, max: 3 }),
    route: fc.constantFrom(...ROUTES),
    secret: fc.boolean(),
  }),
});
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

function resourcesOf({ clusters, listener, risky, slow, targets }: World): ModelResource[] {
  const names = [...clusters.map(({ name }) => name), ...(slow > 0 ? [SLOW] : []), ...(risky > 0 ? [RISKY] : [])];
  const others: ModelResource[] = [
    { type: TYPES.cluster, name: SLOW, version: `${slow}`, warms: "slowly", points: [] },
    { type: TYPES.cluster, name: RISKY, version: `${risky}`, warms: "at-once", points: [], isBad: risky > 1 },
  ];
  return [
    ...others.filter(({ name }) => names.includes(name)),
    ...clusters.map(({ name, version, warms }) => ({
      type: TYPES.cluster,
      name,
      version: `${version}-${warms}`,
      warms,
      points: [],
    })),
    ...clusters.map(({ endpoints, name }) => ({ type: TYPES.endpoints, name, version: `${endpoints}`, points: [] })),
    ...ROUTES.map((name, index) => {
      const target = names[(targets[index] ?? 0) % names.length] ?? "";
      return { type: TYPES.route, name, version: `to-${target}`, points: [target] };
    }),
    { type: TYPES.secret, name: SECRET, version: "1", points: [] },
    {
      type: TYPES.listener,
      name: "in",
      version: `${listener.version}-${listener.route}-${listener.secret}`,
      points: listener.secret ? [listener.route, SECRET] : [listener.route],
    },
  ];
}

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("change" as const), world }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constantFrom("to-envoy" as const, "to-server" as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom("go-on" as const, "quiet" as const, "finish-slow" as const) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("time" as const), ms: fc.constantFrom(10, 700, 2500, 11_000) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reconnect" as const) }) },
);

type Step =
  | { readonly kind: "change"; readonly world: World }
  | { readonly kind: "to-envoy" | "to-server" | "go-on" | "quiet" | "finish-slow" | "reconnect" }
  | { readonly kind: "time"; readonly ms: number };

/** A stream and a model of Envoy, with a network between them that delivers one message at a time, and a clock. */
class Setting {
  readonly envoy: ModelEnvoy;
  readonly #protocol: AdsVariant;
  readonly sent: string[] = [];
  #stream: AdsStream | undefined;
  #toEnvoy: Uint8Array[] = [];
  #time = 0;
  #alarm: number | undefined;
  #wanted: Snapshot;

  constructor(protocol: AdsVariant, wanted: Snapshot) {
    this.#protocol = protocol;
    this.#wanted = wanted;
    this.envoy = new ModelEnvoy(protocol);
    this.reconnect();
  }

  reconnect(): void {
    this.#toEnvoy = [];
    this.#alarm = undefined;
    this.#stream = new AdsStream({
      protocol: this.#protocol,
      limits: { ...XDS_LIMITS, requestBurst: 1e9 },
      now: () => this.#time,
      admit: () => this.#wanted,
      send: (message) => void this.#toEnvoy.push(Buffer.concat(message)),
      canSend: () => true,
      lookAgain: (ms) => {
        this.#alarm = ms === undefined ? undefined : this.#time + ms;
      },
      received: () => undefined,
      judged: () => undefined,
    });
    this.envoy.connect();
  }

  change(wanted: Snapshot): void {
    this.#wanted = wanted;
    this.#stream?.update(wanted);
  }

  /** Whether there was a message. */
  deliverToEnvoy(): boolean {
    const message = this.#toEnvoy.shift();
    if (message === undefined) return false;
    const { resources, type } = this.envoy.receive(message);
    this.sent.push(...resources.map(({ name }) => `${type.slice(type.lastIndexOf(".") + 1)} ${name}`));
    return true;
  }

  deliverToServer(): boolean {
    const message = this.envoy.outbox.shift();
    if (message === undefined) return false;
    this.#stream?.receive(message);
    return true;
  }

  pass(ms: number): void {
    const end = this.#time + ms;
    while (this.#alarm !== undefined && this.#alarm <= end) {
      this.#time = Math.max(this.#time, this.#alarm);
      this.#alarm = undefined;
      this.#stream?.proceed();
    }
    this.#time = end;
  }

  /** Until nobody has anything to say, without time passing. */
  quiet(check: () => void): void {
    for (let round = 0; round < 1000; round++) {
      const moved = [this.deliverToEnvoy(), this.deliverToServer()].some(Boolean);
      check();
      if (!moved) return;
    }
    throw new Error("they talk without end");
  }

  frozen(): string[] {
    return this.#stream?.states().cluster?.frozen.map(({ name }) => name) ?? [];
  }
}

function wantedBy(resources: readonly ModelResource[]): Readonly<Record<string, string>> {
  const listener = resources.find(({ type }) => type === TYPES.listener);
  return Object.fromEntries(
    resources.flatMap(({ name, type, version }) => {
      if (type === TYPES.cluster) return [[`cluster ${name}`, version]];
      if (type === TYPES.listener) return [[`listener ${name}`, version]];
      return type === TYPES.route && listener?.points.includes(name) === true ? [[`route ${name}`, version]] : [];
    }),
  );
}

/** Plays it, then waits until everything is settled: no hole on the way, nothing stuck, and all of it in the end. */
function play(protocol: AdsVariant, first: World, steps: readonly Step[]): void {
  let resources = resourcesOf(first);
  const setting = new Setting(protocol, snapshotOf(resources.map(modelled)));
  const { envoy } = setting;
  // of a stream in the state of the world that begins again nobody knows what the client has: a hole may come then
  let mayHaveHoles = false;
  const check = (): void => {
    if (mayHaveHoles) return;
    const holes = envoy.holes().filter(({ cluster }) => cluster !== SLOW && cluster !== RISKY);
    expect(holes).toEqual([]);
  };
  for (const each of steps) {
    if (each.kind === "change") {
      resources = resourcesOf(each.world);
      setting.change(snapshotOf(resources.map(modelled)));
    } else if (each.kind === "to-envoy") setting.deliverToEnvoy();
    else if (each.kind === "to-server") setting.deliverToServer();
    else if (each.kind === "go-on") envoy.goOn();
    else if (each.kind === "finish-slow") envoy.finishSlow();
    else if (each.kind === "time") setting.pass(each.ms);
    else if (each.kind === "quiet") setting.quiet(check);
    else {
      mayHaveHoles ||= protocol === "sotw";
      setting.reconnect();
    }
    check();
  }
  for (let round = 0; round < 12; round++) {
    setting.quiet(check);
    envoy.goOn();
    envoy.finishSlow();
    setting.pass(round < 2 ? 10 : 11_000);
    check();
  }
  setting.quiet(check);
  expect(envoy.stuck()).toEqual([]);
  const isBad = resources.some((each) => each.isBad);
  const isToo = ([name]: readonly [string, string]): boolean => !isBad || name !== `cluster ${RISKY}`;
  const settled = (versions: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(versions).filter(isToo));
  expect(settled(envoy.has())).toEqual(settled(wantedBy(resources)));
  expect(setting.frozen()).toEqual(isBad ? [RISKY] : []);
  // whoever has everything hears nothing more, also after a reconnect, but for endpoints
  setting.sent.length = 0;
  setting.change(snapshotOf(resources.map(modelled)));
  setting.quiet(check);
  if (protocol === "delta") {
    setting.reconnect();
    setting.quiet(check);
  }
  setting.pass(60_000);
  setting.quiet(check);
  expect(setting.sent.filter((name) => !/^(ClusterLoadAssignment |Secret |Cluster risky$)/.test(name))).toEqual([]);
}

test.each(["delta", "sotw"] as const)(
  "%s: no hole, nothing stuck, and all of it in the end",
  { timeout: 180_000 + SECONDS * 2000 },
  (protocol) => {
    const whole = fc.property(world, fc.array(step, { maxLength: 40 }), (first, steps) => play(protocol, first, steps));
    fc.assert(whole, BUDGET);
  },
);

describe("an acknowledgement speaks of its own response, and not of what was sent or wanted since", () => {
  const one = (cluster: string, risky: World["risky"] = 0): World => ({
    clusters: [{ name: cluster, version: 1, warms: "by-endpoints", endpoints: 1 }],
    slow: 0,
    risky,
    targets: [0, 0],
    listener: { version: 1, route: "r1", secret: false },
  });

  test.each(["delta", "sotw"] as const)(
    "%s: a version that is wanted once more stays rejected when another one is accepted that was on its way",
    (protocol) => {
      play(protocol, one("a", 3), [
        { kind: "quiet" },
        { kind: "change", world: one("a", 1) },
        { kind: "change", world: one("a", 3) },
        { kind: "time", ms: 11_000 },
      ]);
    },
  );

  test.each(["delta", "sotw"] as const)(
    "%s: a cluster that comes again gets its endpoints, though its removal is accepted only now",
    (protocol) => {
      play(protocol, one("a"), [
        { kind: "quiet" },
        { kind: "change", world: one("b") },
        { kind: "go-on" },
        { kind: "change", world: one("a") },
        { kind: "to-server" },
        { kind: "time", ms: 2500 },
      ]);
    },
  );
});
