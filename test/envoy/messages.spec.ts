import { readFile } from "node:fs/promises";
import { clone } from "@bufbuild/protobuf";
import {
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import { beforeAll, describe, expect, test } from "vitest";
import { envoyBinary } from "../../testbed/envoy-binary.ts";
import { ENVOY_FILES } from "../envoy-messages.ts";
import { descriptorDifferences } from "./descriptor-differences.ts";
import { embeddedDescriptors } from "./embedded-descriptors.ts";

/* Our descriptions of Envoy's messages (src/xds/proto) against those that Envoy's own program carries. */

let envoys: ReadonlyMap<string, FileDescriptorProto>;

beforeAll(async () => {
  envoys = embeddedDescriptors(await readFile(await envoyBinary()));
});

test("Envoy's program has the descriptions of hundreds of files, whole", () => {
  expect(envoys.size).toBeGreaterThan(400);
  const messages = envoys.get("envoy/config/cluster/v3/cluster.proto")?.messageType.map(({ name }) => name);
  expect(messages).toEqual(expect.arrayContaining(["Cluster", "UpstreamConnectionOptions", "TrackClusterStats"]));
});

test.each(ENVOY_FILES.map(({ proto }) => [proto.name, proto] as const))("%s is as Envoy has it", (name, ours) => {
  const theirs = envoys.get(name);
  expect.assert(theirs !== undefined, `Envoy has no ${name}`);
  expect(descriptorDifferences(ours, theirs)).toEqual([]);
});

describe("a mistake is found:", () => {
  const LISTENER = "envoy/config/listener/v3/listener.proto";
  const LABEL = FieldDescriptorProto_Label;
  const TYPE = FieldDescriptorProto_Type;

  test.each<[string, (field: FieldDescriptorProto) => unknown, string]>([
    ["another number", (field) => (field.number = 99), "number is 28, not 99"],
    ["another type", (field) => (field.type = TYPE.BYTES), "type is STRING, not BYTES"],
    ["a list", (field) => (field.label = LABEL.REPEATED), "label is OPTIONAL, not REPEATED"],
    ["presence", (field) => (field.proto3Optional = true), "optional is false, not true"],
    ["another name in JSON", (field) => (field.jsonName = "prefix"), "name in JSON is statPrefix, not prefix"],
  ])("%s", (_, plant, found) => {
    const planted = changed(LISTENER, (file) => plant(fieldOf(file, "Listener", "stat_prefix")));
    expect(differences(planted)).toEqual([`envoy.config.listener.v3.Listener.stat_prefix: ${found}`]);
  });

  test("another message", () => {
    const type = ".envoy.config.core.v3.Metadata";
    const planted = changed(LISTENER, (file) => (fieldOf(file, "Listener", "address").typeName = type));
    expect(differences(planted)).toEqual([expect.stringContaining(`Address, not ${type}`)]);
  });

  test("a field outside its oneof", () => {
    const planted = changed("envoy/config/route/v3/route_components.proto", (file) => {
      const { oneofDecl } = messageOf(file, "RouteMatch");
      for (const oneof of oneofDecl) oneof.name = "another";
    });
    expect(differences(planted)).toContain(
      "envoy.config.route.v3.RouteMatch.prefix: oneof is path_specifier, not another",
    );
  });

  test("a value of an enum", () => {
    const planted = changed("envoy/config/core/v3/base.proto", (file) => {
      for (const value of file.enumType.flatMap((one) => one.value)) if (value.name === "OUTBOUND") value.number = 3;
    });
    expect(differences(planted)).toEqual(["envoy.config.core.v3.TrafficDirection.OUTBOUND: number is 2, not 3"]);
  });

  test.each(["deprecated", "refused"])("a field that is %s", (how) => {
    const [file, message, name] =
      how === "refused"
        ? ["envoy/config/trace/v3/dynamic_ot.proto", "DynamicOtConfig", "library"]
        : ["envoy/config/cluster/v3/cluster.proto", "Cluster", "respect_dns_ttl"];
    const theirs = envoys.get(file);
    expect.assert(theirs !== undefined);
    expect(descriptorDifferences(theirs, theirs)).toContain(`${theirs.package}.${message}.${name} is ${how}`);
  });

  test("what Envoy does not have", () => {
    const planted = changed(LISTENER, (file) => {
      fieldOf(file, "Listener", "stat_prefix").name = "stat_suffix";
      messageOf(file, "AdditionalAddress").name = "OtherAddress";
    });
    expect(differences(planted)).toEqual([
      "envoy.config.listener.v3.OtherAddress does not exist",
      "envoy.config.listener.v3.Listener.stat_suffix does not exist",
    ]);
  });
});

function differences(ours: FileDescriptorProto): string[] {
  const theirs = envoys.get(ours.name);
  expect.assert(theirs !== undefined);
  return descriptorDifferences(ours, theirs);
}

/** A copy of one of our files with a mistake in it. */
function changed(name: string, plant: (file: FileDescriptorProto) => void): FileDescriptorProto {
  const ours = ENVOY_FILES.find(({ proto }) => proto.name === name)?.proto;
  expect.assert(ours !== undefined);
  const copy = clone(FileDescriptorProtoSchema, ours);
  plant(copy);
  return copy;
}

function messageOf(file: FileDescriptorProto, name: string) {
  const message = file.messageType.find((each) => each.name === name);
  expect.assert(message !== undefined);
  return message;
}

function fieldOf(file: FileDescriptorProto, message: string, name: string): FieldDescriptorProto {
  const field = messageOf(file, message).field.find((each) => each.name === name);
  expect.assert(field !== undefined);
  return field;
}
