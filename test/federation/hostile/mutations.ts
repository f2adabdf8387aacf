import { ADDRESSES, DOMAINS, HOSTS, IDENTITIES, VERSIONS, OWNED } from "./claims.ts";
import { gatewaysOf, identitiesOf, portsOf } from "./extremes.ts";
import { type Place, placesIn, read, remove, write } from "./tree.ts";
import { EDITS, HUGE, LENGTHS, ODD_KEYS, WRONG } from "./values.ts";

/** One change of a contract or of its services: kind, place and variant. */
export interface Mutation {
  family: Family;
  at: number;
  pick: number;
}

/** Makes a change in place; one that does not fit the value does nothing. */
export function mutate(root: unknown, { family, at, pick }: Mutation): void {
  FAMILIES[family](root, at, pick);
}

type Change = (root: unknown, at: number, pick: number) => void;

const PORT_COUNTS = [0, 127, 128, 129, 255, 256, 257, 300];
const GATEWAY_COUNTS = [0, 1, 2, 3, 20];
/** Seldom, as they take long. */
const MANY_GATEWAYS = [1000, 4096, 4097];

const FAMILIES = {
  delete: anywhere((place) => {
    remove(place);
  }),
  duplicate: anywhere((place, pick) => {
    const { holder, key } = place;
    if (Array.isArray(holder)) holder.splice(pick % (holder.length + 1), 0, copy(read(place)));
    else write({ holder, key: `${key}${pick % 10}` }, copy(read(place)));
  }),
  swap(root, at, pick) {
    const places = placesIn(root);
    const [one, other] = [places[at % places.length], places[pick % places.length]];
    if (one === undefined || other === undefined) return;
    // Copies, as one may lie in the other.
    const [first, second] = [copy(read(one)), copy(read(other))];
    write(one, second);
    write(other, first);
  },
  "wrong type": anywhere((place, pick) => {
    write(place, nth(WRONG, pick)());
  }),
  huge: anywhere((place, pick) => {
    write(place, nth(HUGE, pick)());
  }),
  "odd keys": anywhere((place, pick) => {
    const key = nth(ODD_KEYS, pick);
    if (Array.isArray(place.holder)) return;
    write({ holder: place.holder, key }, copy(read(place)));
    if (pick % 2 === 0) remove(place);
  }),
  "edited text": texts((place, text, pick) => {
    write(place, nth(EDITS, pick)(text));
  }),
  "edited key": anywhere((place, pick) => {
    if (Array.isArray(place.holder)) return;
    const value = read(place);
    remove(place);
    write({ holder: place.holder, key: nth(EDITS, pick)(String(place.key)) }, value);
  }),
  "long text": texts((place, text, pick) => {
    const length = nth(LENGTHS, pick);
    write(place, text.length >= length ? text.slice(0, length) : "x".repeat(length - text.length) + text);
  }),
  hosts: services((map, host, pick) => {
    const service = map[host];
    remove({ holder: map, key: host });
    write({ holder: map, key: nth(HOSTS, pick) }, service);
  }),
  identities: services((map, host, pick) => {
    const list = listIn(map[host], "subjectAltNames");
    list[pick % (list.length + 1)] = nth(IDENTITIES, pick);
    if (pick % 7 === 0) list.push(...identitiesOf(nth([255, 256, 257, 900], pick)));
  }),
  ports: services((map, host, pick) => {
    const list = listIn(map[host], "ports");
    const [port] = list;
    const name = "p".repeat(nth([62, 63, 64], pick >> 2));
    const number = 1 + (pick % 65535);
    const many = portsOf(nth(PORT_COUNTS, pick >> 2), nth([4, 62, 63, 64], pick >> 5));
    const twin = isMap(port) ? port : {};
    nth(
      [
        () => list.splice(0, list.length, ...many),
        () => list.push({ number, name, protocol: "TCP" }),
        () => list.push({ ...twin, name: "twin" }),
        () => list.push({ ...twin, number }),
      ],
      pick,
    )();
  }),
  "peers of a service": services((map, host, pick) => {
    const choice = [
      [],
      ["cluster-a.local/cluster-a"],
      ["x.local/cluster-a"],
      ["cluster-a"],
      ["cluster-a.local/Cluster-A"],
      ["/"],
      "cluster-a.local/cluster-a",
    ];
    write(fieldOf(map[host], "peers"), nth<unknown>(choice, pick));
  }),
  "labels of a service": services((map, host, pick) => {
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`label-${index}`, "a"]));
    const choice = [{}, { app: "bar" }, { "a b": "c" }, { app: "b c" }, { app: 5 }, many, ["app"], "app"];
    write(fieldOf(map[host], "labels"), nth<unknown>(choice, pick));
  }),
  "terminated field of a service": services((map, host, pick) => {
    write(fieldOf(map[host], "terminated"), nth<unknown>([true, false, "true", 1, []], pick));
  }),
  gateways(root, at, pick) {
    const list = listIn(root, "gateways");
    const addresses = [...ADDRESSES, ...DOMAINS, "gw.example.com", "198.51.100.7"];
    list.splice(at % (list.length + 1), at % 2, {
      address: nth(addresses, pick),
      port: nth([15443, 443, 1, 65535], at),
      ...(pick % 3 === 0 ? { locality: "eu-west/a" } : {}),
    });
  },
  "many gateways"(root, at, pick) {
    const length = pick % 40 === 0 ? nth(MANY_GATEWAYS, at) : nth(GATEWAY_COUNTS, pick);
    write(fieldOf(root, "gateways"), gatewaysOf(length, { names: pick % 7 === 0, twoPorts: at % 2 === 1 }));
    if (length !== 1000) return;
    // Each by itself may be, but not both.
    services((map, host) => {
      write(fieldOf(map[host], "ports"), portsOf(128));
    })(root, at, pick);
  },
  domains(root, at, pick) {
    if (at % 4 === 0) {
      write(fieldOf(root, "domains"), [nth([...DOMAINS, "pay.example"], pick), nth(OWNED, at)]);
      return;
    }
    const field = nth(["clusterDomain", "trustDomain", "cluster", "network", "meshDomain"], at);
    write(fieldOf(root, field), nth([...DOMAINS, "cluster-a"], pick));
  },
  version(root, _at, pick) {
    write(fieldOf(root, "schemaVersion"), nth(VERSIONS, pick));
  },
} satisfies Record<string, Change>;

export type Family = keyof typeof FAMILIES;

/** Kinds of change that fit anything, a service map too. */
export const SERVICE_FAMILIES: readonly Family[] = [
  "delete",
  "duplicate",
  "swap",
  "wrong type",
  "huge",
  "odd keys",
  "edited text",
  "edited key",
  "long text",
  "hosts",
  "identities",
  "ports",
  "peers of a service",
  "labels of a service",
  "terminated field of a service",
];

export const ALL_FAMILIES = Object.keys(FAMILIES) as Family[];

function anywhere(change: (place: Place, pick: number) => void): Change {
  return (root, at, pick) => {
    const places = placesIn(root);
    const place = places[at % places.length];
    if (place !== undefined) change(place, pick);
  };
}

function texts(change: (place: Place, text: string, pick: number) => void): Change {
  return (root, at, pick) => {
    const places = placesIn(root).filter((place) => typeof read(place) === "string");
    const place = places[at % places.length];
    const text = place === undefined ? undefined : read(place);
    if (place !== undefined && typeof text === "string") change(place, text, pick);
  };
}

/** Changes a contract's services, or a value that is itself a map of services. */
function services(change: (map: Record<string, unknown>, host: string, pick: number) => void): Change {
  return (root, at, pick) => {
    const found = isMap(root) && "services" in root ? root["services"] : root;
    if (!isMap(found)) return;
    const hosts = Object.keys(found);
    const host = hosts[at % hosts.length];
    if (host !== undefined && isMap(found[host])) change(found, host, pick);
  };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function listIn(value: unknown, field: string): unknown[] {
  const list = isMap(value) ? value[field] : undefined;
  return Array.isArray(list) ? (list as unknown[]) : [];
}

/** A field to write to; of what is no map it leads nowhere. */
function fieldOf(value: unknown, key: string): Place {
  return { holder: isMap(value) ? value : {}, key };
}

/** A copy as far as contracts go; what is deeper is the same value. */
function copy(value: unknown, depth = 8): unknown {
  if (typeof value !== "object" || value === null || depth === 0) return value;
  if (Array.isArray(value)) return value.map((entry) => copy(entry, depth - 1));
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, copy(entry, depth - 1)]));
}

function nth<T>(list: readonly T[], index: number): T {
  return list[index % list.length]!;
}
