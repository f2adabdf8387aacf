import grpc, { type UntypedServiceImplementation } from "@grpc/grpc-js";
import pluginPb from "@pulumi/pulumi/proto/plugin_pb.js";
import providerPb, {
  type CheckRequest,
  type CheckResponse,
  type ConfigureRequest,
  type CreateRequest,
  type DeleteRequest,
  type DiffRequest,
  type DiffResponse,
  type InvokeRequest,
  type ReadRequest,
  type UpdateRequest,
} from "@pulumi/pulumi/proto/provider_pb.js";
import statusPb from "@pulumi/pulumi/proto/status_pb.js";
import anyPb from "google-protobuf/google/protobuf/any_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import {
  InitializationError,
  type CheckCall,
  type Checked,
  type DiffCall,
  type Diffed,
  type Existing,
  type Provider,
  type Subject,
} from "./provider.ts";
import { failure, unary } from "./server.ts";
import { decode, encode, rootOf } from "./values.ts";

/** gRPC service of a provider: secrets and unknown values pass through, previews call create and update. */
export function providerService(provider: Provider): UntypedServiceImplementation {
  return {
    handshake: unary(() => new providerPb.ProviderHandshakeResponse().setAcceptSecrets(true)),
    getPluginInfo: unary(() => new pluginPb.PluginInfo().setVersion(provider.version)),
    checkConfig: unary(async (request: CheckRequest) =>
      checked(await provider.checkConfig(checkCall(request))),
    ),
    diffConfig: unary(async (request: DiffRequest) => diffed(await provider.diffConfig(diffCall(request)))),
    configure: unary(async (request: ConfigureRequest) => {
      await provider.configure(decode(request.getArgs()));
      return new providerPb.ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true);
    }),
    check: unary(async (request: CheckRequest) =>
      checked(await provider.kind(typeOf(request)).check(checkCall(request))),
    ),
    diff: unary(async (request: DiffRequest) =>
      diffed(await provider.kind(typeOf(request)).diff(diffCall(request))),
    ),
    create: unary(async (request: CreateRequest) => {
      const { id, outputs } = await provider.kind(typeOf(request)).create({
        ...subject(request),
        inputs: decode(request.getProperties()),
        preview: request.getPreview(),
        timeoutSeconds: request.getTimeout(),
      });
      return new providerPb.CreateResponse().setId(id).setProperties(encode(outputs));
    }, describe),
    read: unary(async (request: ReadRequest) => {
      const found = await provider.kind(typeOf(request)).read({
        ...existing(request),
        outputs: decode(request.getProperties()),
        inputs: decode(request.getInputs()),
      });
      return found === undefined
        ? new providerPb.ReadResponse()
        : new providerPb.ReadResponse()
            .setId(found.id)
            .setProperties(encode(found.outputs))
            .setInputs(encode(found.inputs));
    }, describe),
    update: unary(async (request: UpdateRequest) => {
      const outputs = await provider.kind(typeOf(request)).update({
        ...diffCall(request),
        preview: request.getPreview(),
        timeoutSeconds: request.getTimeout(),
      });
      return new providerPb.UpdateResponse().setProperties(encode(outputs));
    }, describe),
    delete: unary(async (request: DeleteRequest) => {
      await provider.kind(typeOf(request)).delete({
        ...existing(request),
        outputs: decode(request.getProperties()),
        timeoutSeconds: request.getTimeout(),
      });
      return new emptyPb.Empty();
    }),
    invoke: unary((request: InvokeRequest) => {
      throw new Error(`the stand-in of the ${provider.name} provider has no function ${request.getTok()}`);
    }),
    cancel: unary(() => new emptyPb.Empty()),
  };
}

const { ADD, ADD_REPLACE, DELETE, DELETE_REPLACE, UPDATE, UPDATE_REPLACE } = providerPb.PropertyDiff.Kind;
const KINDS = {
  add: { inPlace: ADD, replacing: ADD_REPLACE },
  delete: { inPlace: DELETE, replacing: DELETE_REPLACE },
  update: { inPlace: UPDATE, replacing: UPDATE_REPLACE },
} as const;

const MODES = ["propose", "enforce", "disable"] as const;

interface Named {
  getUrn(): string;
  getType(): string;
  getName(): string;
}

/** The type token; engines before 3.126 have it in the URN only. */
function typeOf(request: Named): string {
  return request.getType() || (request.getUrn().split("::")[2]?.split("$").at(-1) ?? "");
}

function subject(request: Named): Subject {
  const name = request.getName() || request.getUrn().split("::").slice(3).join("::");
  return { urn: request.getUrn(), type: typeOf(request), name };
}

function existing(request: Named & { getId(): string }): Existing {
  return { ...subject(request), id: request.getId() };
}

function checkCall(request: CheckRequest): CheckCall {
  const autonaming = request.getAutonaming();

  return {
    ...subject(request),
    olds: decode(request.getOlds()),
    news: decode(request.getNews()),
    randomSeed: request.getRandomseed_asU8(),
    ...(autonaming === undefined
      ? {}
      : {
          autonaming: { mode: MODES[autonaming.getMode()], name: autonaming.getProposedName() },
        }),
  };
}

function diffCall(request: DiffRequest | UpdateRequest): DiffCall {
  return {
    ...existing(request),
    olds: decode(request.getOlds()),
    oldInputs: decode(request.getOldInputs()),
    news: decode(request.getNews()),
    ignoreChanges: request.getIgnorechangesList(),
  };
}

function checked({ inputs, failures = [] }: Checked): CheckResponse {
  return new providerPb.CheckResponse()
    .setInputs(encode(inputs))
    .setFailuresList(
      failures.map(({ property, reason }) =>
        new providerPb.CheckFailure().setProperty(property).setReason(reason),
      ),
    );
}

function diffed({ differences, replaces = [], deleteBeforeReplace = false }: Diffed): DiffResponse {
  const paths = Object.keys(differences);
  const { DIFF_NONE, DIFF_SOME } = providerPb.DiffResponse.DiffChanges;
  const response = new providerPb.DiffResponse()
    .setChanges(paths.length === 0 && replaces.length === 0 ? DIFF_NONE : DIFF_SOME)
    .setDiffsList([...new Set(paths.map(rootOf))])
    .setReplacesList([...new Set(replaces.map(rootOf))])
    .setDeletebeforereplace(deleteBeforeReplace)
    .setHasdetaileddiff(true);
  for (const [path, change] of Object.entries(differences)) {
    const kind = KINDS[change][replaces.includes(path) ? "replacing" : "inPlace"];
    response.getDetaileddiffMap().set(path, new providerPb.PropertyDiff().setKind(kind).setInputdiff(true));
  }
  return response;
}

/** Encodes an object that exists but is not ready as a detail of the error, as Go's gRPC does. */
function describe(error: unknown): Partial<grpc.StatusObject> {
  if (!(error instanceof InitializationError)) return failure(error);
  const detail = new providerPb.ErrorResourceInitFailed()
    .setId(error.id)
    .setProperties(encode(error.outputs))
    .setInputs(encode(error.inputs))
    .setReasonsList([...error.reasons]);
  const any = new anyPb.Any();
  any.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new statusPb.Status().setCode(grpc.status.UNKNOWN).setMessage(error.message);
  status.addDetails(any);
  const metadata = new grpc.Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return { code: grpc.status.UNKNOWN, details: error.message, metadata };
}
