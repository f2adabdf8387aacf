import * as pulumi from "@pulumi/pulumi";
import type { ResourceMonitorClient } from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import resourcePb, { type ResourceInvokeRequest } from "@pulumi/pulumi/proto/resource_pb.js";
import protobuf from "google-protobuf";
import type { BinaryReader } from "google-protobuf";
import structPb from "google-protobuf/google/protobuf/struct_pb.js";
import { count } from "../federation/core/text.ts";

/** A value as the engine sends it: a `google.protobuf.Value`, not yet decoded. */
export type EncodedValue = Uint8Array;

/** Most levels of maps and lists in a value: far more than any output has. */
const DEPTH_LIMIT = 100;

const INVOKE = "/pulumirpc.ResourceMonitor/Invoke";

/** Field numbers of `pulumirpc.InvokeResponse` and of messages of google/protobuf/struct.proto. */
const RETURN = 1;
const FIELDS = 1;
const [KEY, VALUE] = [1, 2];
const [NUMBER, STRING, BOOL, STRUCT, LIST] = [2, 3, 4, 5, 6];
const VALUES = 1;

/**
 * Calls a function of the engine. The answer stays encoded, so that its size is known before any work is done on it: the SDK's `invoke`
 * decodes all of it, in 40 s of CPU for a contract of 200,000 services (docs/decisions/2026-11-21-read-stack-outputs.md).
 * @returns the results by name.
 * @throws Error with the engine's message.
 */
export async function invokeEngine(
  token: string,
  args: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<string, EncodedValue>> {
  // The SDK's client is this class; its declared type has the methods of the service only.
  const monitor = pulumi.runtime.getMonitor() as ResourceMonitorClient | undefined;
  if (monitor === undefined) throw new Error("the program was not started by Pulumi");
  const request = new resourcePb.ResourceInvokeRequest();
  request.setTok(token);
  request.setArgs(structPb.Struct.fromJavaScript(args));
  const answer = await new Promise<Uint8Array>((resolve, reject) => {
    monitor.makeUnaryRequest(
      INVOKE,
      toBuffer,
      (bytes): Uint8Array => bytes,
      request,
      (error, bytes) => {
        if (bytes === undefined) reject(new Error(error?.details ?? "the engine does not answer"));
        else resolve(bytes);
      },
    );
  });
  return entriesOf(answer, RETURN);
}

function toBuffer(request: ResourceInvokeRequest): Buffer {
  return Buffer.from(request.serializeBinary());
}

/** Returns the encoded values of an encoded map; none of any other value. */
export function encodedEntries(value: EncodedValue): ReadonlyMap<string, EncodedValue> {
  return entriesOf(value, STRUCT);
}

/** @param field number of the field that has the Struct. */
function entriesOf(message: Uint8Array, field: number): Map<string, EncodedValue> {
  const entries = new Map<string, EncodedValue>();
  const reader = new protobuf.BinaryReader(message);
  readFields(reader, (outer) => {
    if (outer !== field) return false;
    readMessage(reader, FIELDS, () => {
      const [key, value] = readEntry(reader, () => reader.readBytes());
      entries.set(key, value ?? new Uint8Array());
    });
    return true;
  });
  return entries;
}

/** Whether a value is secret, or has a secret anywhere in it. */
export function hasSecret(value: EncodedValue): boolean {
  return Buffer.from(value).includes(pulumi.runtime.specialSecretSig);
}

/**
 * Decodes a value. Secrets are taken out of their marks and unknown values are undefined, as by the SDK's `invoke`; assets and references to
 * resources stay plain maps.
 * @throws Error for a value with more than {@link DEPTH_LIMIT} levels.
 */
export function decodeValue(value: EncodedValue): unknown {
  return readValue(new protobuf.BinaryReader(value), 0);
}

/** Reads the Value that the reader is in. */
function readValue(reader: BinaryReader, depth: number): unknown {
  if (depth > DEPTH_LIMIT)
    throw new Error(`a value has more than ${count(DEPTH_LIMIT)} levels of maps and lists`);
  let value: unknown = null;
  readFields(reader, (field) => {
    if (field === NUMBER) value = reader.readDouble();
    else if (field === STRING) value = knownText(reader.readString());
    else if (field === BOOL) value = reader.readBool();
    else if (field === STRUCT) value = readStruct(reader, depth + 1);
    else if (field === LIST) value = readList(reader, depth + 1);
    else return false;
    return true;
  });
  return value;
}

function readStruct(reader: BinaryReader, depth: number): unknown {
  const entries = new Map<string, unknown>();
  readMessage(reader, FIELDS, () => {
    const [key, value] = readEntry(reader, () => nested(reader, depth));
    entries.set(key, value);
  });
  const isSecret = entries.get(pulumi.runtime.specialSigKey) === pulumi.runtime.specialSecretSig;
  // An assignment to the key `__proto__` would make no entry.
  return isSecret ? entries.get("value") : Object.fromEntries(entries);
}

function readList(reader: BinaryReader, depth: number): unknown[] {
  const values: unknown[] = [];
  readMessage(reader, VALUES, () => {
    values.push(nested(reader, depth));
  });
  return values;
}

/** Reads an entry of a map that is a message of its own. */
function readEntry<T>(reader: BinaryReader, read: () => T): [key: string, value: T | undefined] {
  let key = "";
  let value: T | undefined;
  reader.readMessage(undefined, () => {
    readFields(reader, (field) => {
      if (field === KEY) key = reader.readString();
      else if (field === VALUE) value = read();
      else return false;
      return true;
    });
  });
  return [key, value];
}

function nested(reader: BinaryReader, depth: number): unknown {
  let value: unknown;
  reader.readMessage(undefined, () => {
    value = readValue(reader, depth);
  });
  return value;
}

/** Reads a message that has one field, repeated. */
function readMessage(reader: BinaryReader, field: number, read: () => void): void {
  reader.readMessage(undefined, () => {
    readFields(reader, (found) => {
      if (found !== field) return false;
      read();
      return true;
    });
  });
}

/** @param read reads a field; returns false for one to be skipped. */
function readFields(reader: BinaryReader, read: (field: number) => boolean): void {
  while (reader.nextField()) if (!read(reader.getFieldNumber())) reader.skipField();
}

function knownText(text: string): string | undefined {
  return text === pulumi.runtime.unknownValue ? undefined : text;
}
