import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { outriggerImage, SOURCES } from "./outrigger-image.ts";

const CHECKOUT = join(import.meta.dirname, "../..");

/** The instructions of the last stage, those that make the image; continued lines are one. */
async function lastStage(): Promise<readonly string[]> {
  const text = await readFile(join(CHECKOUT, "Dockerfile"), "utf8");
  const lines = text.replaceAll(/\\\n\s*/g, "").split("\n");
  return lines.slice(lines.findLastIndex((line) => line.startsWith("FROM ")));
}

describe("the Dockerfile", () => {
  it("starts a container as the tests' image does", async () => {
    const stage = await lastStage();
    const { config } = await outriggerImage();
    expect(stage).toContain(`USER ${config.User}`);
    expect(stage).toContain(`ENTRYPOINT ${JSON.stringify(config.Entrypoint)}`);
    expect(stage.filter((line) => line.startsWith("ENV "))).toEqual(config.Env?.map((value) => `ENV ${value}`));
    expect(stage.filter((line) => /^(?:CMD|WORKDIR|STOPSIGNAL|EXPOSE|VOLUME|RUN|ADD) /.test(line))).toEqual([]);
  });

  it("puts nothing into the image but the two folders that the code of the tests' image writes", async () => {
    const copied = (await lastStage()).filter((line) => line.startsWith("COPY "));
    expect(copied).toEqual(["COPY --from=build /image/runtime/ /", "COPY --from=build /image/outrigger/ /"]);
    const { layers } = await outriggerImage();
    expect(layers.map(({ name }) => name)).toEqual(["node-runtime", "outrigger"]);
  });

  it("sends the builder everything that the tests' image is made of", async () => {
    const ignore = (await readFile(join(CHECKOUT, ".dockerignore"), "utf8")).split("\n");
    for (const source of [...SOURCES, "testbed", "LICENSE", "NOTICE"])
      expect(ignore).toContain(`!${source.split("/")[0]}`);
  });
});
