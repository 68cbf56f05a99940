import { describe, expect, test } from "vitest";
import { KEY_HISTORIES } from "../../scripts/docs/compatibility-keys.ts";
import { OLD_WAYS_FILE } from "../../scripts/docs/compatibility-texts.ts";
import { PAGES } from "../../scripts/docs/pages.ts";
import { REASON_TEXTS } from "../../scripts/docs/reason-texts.ts";
import { loadConfiguration } from "../../src/config/load.ts";
import { SETTINGS } from "../../src/config/sources.ts";
import { ANNOTATIONS } from "../../src/inject/annotation-table.ts";
import { REASONS } from "../../src/inject/decision.ts";
import { APPMESH_PREFIX } from "../../src/model/names.ts";
import { containersOf, injected } from "../pods.ts";
import { KNOWN_BUGS } from "./known-bugs.ts";
import { VECTORS } from "./vectors/all.ts";
import { CALLS } from "./vectors/calls.ts";

const pageAt = (path: string) => PAGES.find((page) => page.path === path)?.render() ?? "";

describe("docs/compatibility.md", () => {
  const page = pageAt("docs/compatibility.md");

  test("tells the history of every key of the old programs", () => {
    const keys = ANNOTATIONS.map(({ key }) => key).filter((key) => key.startsWith(APPMESH_PREFIX));
    expect(KEY_HISTORIES.map(({ name }) => `${APPMESH_PREFIX}${name}`)).toEqual(keys);
  });

  test("holds every vector and every bug", () => {
    const missing = [...VECTORS, ...CALLS].filter(({ id }) => !page.includes(`| ${id} |`));
    expect(missing.map(({ id }) => id)).toEqual([]);
    expect(KNOWN_BUGS.filter(({ id }) => !page.includes(`| ${id} |`))).toEqual([]);
  });

  test("gives a known bug, setting or rule for every difference", () => {
    const known = [...KNOWN_BUGS.map(({ id }) => id), ...SETTINGS.map(({ path }) => path)];
    const undecided = [...VECTORS, ...CALLS].flatMap(({ difference }) => {
      const reason = difference?.decidedBy ?? "I1";
      const parts = reason.split(", ").flatMap((part) => part.split("–"));
      return parts.filter(
        (part) => !/^(rule: |table of annotations$)/.test(part) && !known.includes(part.replace("setting ", "")),
      );
    });
    expect(undecided).toEqual([]);
  });

  test("shows a configuration that is valid and gives the old arrangement", () => {
    const file = { path: "old-ways.yaml", text: OLD_WAYS_FILE };
    const { configuration, warnings } = loadConfiguration({ file, environment: { MESH_NAME: "m" }, flags: {} });
    expect(page).toContain(OLD_WAYS_FILE);
    expect(warnings).toEqual([]);
    const { virtualNodeNaming: _naming, onMissingVirtualNode: _missing, ...rest } = configuration;
    const pod = { metadata: { name: "a" }, spec: { containers: [{ name: "a" }] } };
    const after = injected(pod, { configuration: structuredClone(rest) as never }).pod;
    expect(containersOf(after).map((container) => container["name"])).toEqual(["a", "envoy"]);
    expect(after).toMatchObject({ spec: { securityContext: { fsGroup: 1337 } } });
  });
});

describe("docs/reasons.md", () => {
  test("has a row for every reason", () => {
    const page = pageAt("docs/reasons.md");
    expect(REASONS.filter((reason) => !page.includes(`| \`${reason}\` |`))).toEqual([]);
    expect(Object.keys(REASON_TEXTS).sort()).toEqual([...REASONS].sort());
  });

  test("puts the reasons under the outcomes that they really have", () => {
    const seen = VECTORS.map(({ pod, surroundings }) => injected(pod, surroundings).result);
    expect(new Set(seen.map(({ reason }) => reason)).size).toBeGreaterThan(12);
    for (const { outcome, reason } of seen)
      expect(`${reason}: ${REASON_TEXTS[reason].outcome}`).toBe(`${reason}: ${outcome}`);
  });
});

test("docs/annotations.md has every key with its form", () => {
  const page = pageAt("docs/annotations.md");
  for (const { key, form, example } of ANNOTATIONS)
    for (const text of [key, form, example]) expect(page).toContain(text);
});
