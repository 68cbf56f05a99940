/*
 * What one changed endpoint costs a publisher with many views, and what a view costs whose resources are the same objects, or equal
 * ones that were made again: `node bench/xds-publish.ts`. Milliseconds of CPU, medians of several rounds.
 */
import { create } from "@bufbuild/protobuf";
import { type Resource, resourceOf } from "../src/xds/encode/resource.ts";
import { seconds } from "../src/xds/encode/typed.ts";
import { ClusterSchema } from "../src/xds/generated/envoy/config/cluster/v3/cluster_pb.js";
import { ClusterLoadAssignmentSchema } from "../src/xds/generated/envoy/config/endpoint/v3/endpoint_pb.js";
import { Publisher } from "../src/xds/publish/publisher.ts";
import { TYPES } from "../src/xds/types.ts";

const VIEWS = 200;
const CLUSTERS = 81;
const ROUNDS = 20;

const names = Array.from({ length: CLUSTERS }, (_, index) => `cds_egress_shop_node-${index}_http_8080`);
let kept = new Map(names.map((name) => [name, cluster(name)]));
let isMadeAgain = false;
let members = 1;
let told = 0;

const publisher = new Publisher<undefined>({
  source: {
    compute: () => ({
      resources: names.map((name) => (isMadeAgain ? cluster(name) : (kept.get(name) ?? cluster(name)))),
      endpoints: names,
    }),
    traitsKey: () => "",
    endpoints: (key) => endpointsOf(key, key === names[0] ? members : 1),
  },
  failed(_what, error) {
    throw error;
  },
});
for (let view = 0; view < VIEWS; view++) {
  publisher.open(`view-${view}`, undefined).subscribe((snapshot) => {
    // what a stream would look at
    told += snapshot.get(TYPES.endpoints)?.version.length ?? 0;
  });
}

const all = (): void => {
  for (let view = 0; view < VIEWS; view++) publisher.changed(`view-${view}`);
};
const results = {
  "one changed endpoint, in all of the views": await median(() => {
    members += 1;
    publisher.endpointsChanged(names[0] ?? "");
  }),
  "all views again, resources are the same objects": await median(all),
  "all views again, one cluster of each is another one": await median(() => {
    const name = names[0] ?? "";
    kept = new Map(kept).set(name, cluster(name, ++members));
    all();
  }),
  "all views again, every resource made again, equal": await median(() => {
    isMadeAgain = true;
    all();
  }),
};
process.stdout.write(
  `${JSON.stringify({ views: VIEWS, resources: CLUSTERS, told: told > 0, milliseconds: results }, null, 2)}\n`,
);

async function median(change: () => void): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    change();
    await publisher.idle();
    const { system, user } = process.cpuUsage(before);
    times.push((system + user) / 1000);
  }
  times.sort((one, other) => one - other);
  return Number((times[ROUNDS / 2] ?? 0).toFixed(2));
}

function cluster(name: string, timeout = 1): Resource {
  const metadata = { filterMetadata: { outrigger: { node: name } } };
  return resourceOf(create(ClusterSchema, { name, connectTimeout: seconds(timeout), metadata }));
}

function endpointsOf(clusterName: string, count: number): Resource {
  const lbEndpoints = Array.from({ length: 1 + (count % 10) }, (_, index) => {
    const portSpecifier = { case: "portValue", value: 8080 } as const;
    const value = { address: `10.0.0.${index}`, portSpecifier };
    return {
      hostIdentifier: { case: "endpoint", value: { address: { address: { case: "socketAddress", value } } } },
    } as const;
  });
  return resourceOf(create(ClusterLoadAssignmentSchema, { clusterName, endpoints: [{ lbEndpoints }] }));
}
