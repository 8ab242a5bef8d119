"""``offboard.v1.AcceleratorService`` of a worker: attach, lease, store, bind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from offboard.errors import AcceleratorError, InvalidGraphError
from offboard.graph import symbol_json
from offboard.operators.infer import infer_shapes, infer_types
from offboard.operators.lowering import TensorSpec, placement
from offboard.wire import accelerator as pb
from offboard.wire.datatype import datatype_of, dtype_of
from offboard_accelerator.accelerator import AcceleratorState
from offboard_accelerator.converter import Place, Variable
from offboard_accelerator.descriptions import (
    accelerator_message,
    association_message,
    check_version,
    endpoints_message,
    version_message,
)
from offboard_accelerator.executors import Executor
from offboard_accelerator.limits import exceeded
from offboard_accelerator.peer import peer_of
from offboard_accelerator.services.handlers import session_of

__all__ = ["AcceleratorService"]

_FORMATS = {pb.MXNET_SYMBOL_JSON: "symbol", pb.ONNX: "onnx"}


class AcceleratorService:
    """Methods have the names of the proto's."""

    def __init__(self, state: AcceleratorState) -> None:
        self._state = state

    def Attach(self, request: pb.AttachRequest, context: Any) -> pb.AttachReply:
        """Associates an instance with this accelerator, or confirms it."""
        check_version(request.client)
        state = self._state
        made = state.associations.attach(
            request.instance, request.secret, request.accelerator_type, [state.config.accelerator]
        )
        return pb.AttachReply(
            association=association_message(made.association),
            secret=made.secret,
            accelerator=accelerator_message(made.accelerator),
            endpoints=endpoints_message(state.config),
            daemon=version_message(),
        )

    def Lease(self, requests: Iterator[pb.LeaseRequest], context: Any) -> Iterator[pb.LeaseReply]:
        """One stream a session, for as long as the client lives."""
        first = next(requests, None)
        if first is None:
            return
        state = self._state
        state.associations.verify(first.instance, first.secret, state.config.accelerator.id)
        session, resumed = state.sessions.enter(first.instance, first.session)
        end = first.end

        def reply() -> pb.LeaseReply:
            return pb.LeaseReply(
                session=session,
                lease_seconds=int(state.sessions.lease),
                worker_generation=state.config.generation,
                resumed=resumed,
                draining=state.draining.is_set(),
            )

        try:
            yield reply()
            for request in requests:
                end = request.end
                if end:
                    return
                state.sessions.renew(session)
                yield reply()
        except AcceleratorError:
            raise
        except Exception:
            # The client's stream broke: it may come back within its lease.
            return
        finally:
            if end:
                state.sessions.end(session)

    def Describe(self, request: pb.DescribeRequest, context: Any) -> pb.DescribeReply:
        """This accelerator, as the operator sees it."""
        state = self._state
        association = state.associations.of_accelerator(state.config.accelerator.id)
        status = pb.AcceleratorStatus(
            accelerator=accelerator_message(state.config.accelerator),
            association=None if association is None else association_message(association),
            endpoints=endpoints_message(state.config),
            memory=self._memory(),
            executors=[self._executor_status(each) for each in state.executors.all()],
            sessions=len(state.sessions),
            worker_restarts=state.config.restarts,
            worker_generation=state.config.generation,
            worker_state="draining" if state.draining.is_set() else "ready",
        )
        return pb.DescribeReply(accelerators=[status], daemon=version_message())

    def Terminate(self, request: pb.TerminateRequest, context: Any) -> pb.TerminateReply:
        """The operator, on this host, ends an association."""
        if not peer_of(context.peer()).local:
            raise AcceleratorError("Associations are terminated on the daemon's own host")
        begun = self._state.associations.begin_termination(request.instance)
        self._state.sessions.end_instance(request.instance)
        self._state.store.clear()
        return pb.TerminateReply(association=association_message(self._state.associations.finish_termination(begun)))

    def MissingBlobs(self, request: pb.MissingBlobsRequest, context: Any) -> pb.MissingBlobsReply:
        """Which blobs a bind would lack."""
        self._session(context)
        return pb.MissingBlobsReply(digests=self._state.store.missing(request.digests))

    def PutBlob(self, chunks: Iterator[pb.BlobChunk], context: Any) -> pb.PutBlobReply:
        """Takes one blob."""
        self._session(context)
        first = next(chunks, None)
        if first is None:
            raise InvalidGraphError("A blob begins with its digest and size")

        def data() -> Iterator[bytes]:
            yield first.data
            for chunk in chunks:
                yield chunk.data

        self._state.store.receive(first.digest, first.size, data())
        return pb.PutBlobReply(size=first.size)

    def Bind(self, request: pb.BindRequest, context: Any) -> pb.BindReply:
        """Makes an executor, or says which nodes are the instance's."""
        session = self._session(context)
        state = self._state
        kind = _FORMATS.get(request.format)
        if kind is None:
            raise InvalidGraphError(f"Graph format {request.format} is not known")
        variables = [_variable(each) for each in request.arguments]
        executor, converted = state.executors.bind(session, kind, request.graph, variables, request.publish_as)
        try:
            state.sessions.check(session)
        except AcceleratorError:
            # It ended meanwhile, and with it what it had owned until then.
            state.executors.release_session(session)
            raise
        if not converted.whole:
            return pb.BindReply(instance=_placed(converted.instance), cut_after=_placed(converted.cut_after))
        executor.instance_nodes = request.instance_nodes
        return pb.BindReply(
            executor=executor.name,
            inputs=[_description(spec) for spec in executor.inputs],
            outputs=[_description(spec) for spec in executor.outputs],
            memory=self._charged(executor),
        )

    def Release(self, request: pb.ReleaseRequest, context: Any) -> pb.ReleaseReply:
        """Ends an executor."""
        self._state.executors.release(request.executor, self._session(context))
        return pb.ReleaseReply()

    def Infer(self, request: pb.InferRequest, context: Any) -> pb.InferReply:
        """Shapes, types and partition of a graph that is not bound."""
        limit = self._state.config.limits["graph_bytes"]
        if len(request.graph) > limit:
            raise exceeded("graph_bytes", self._state.config.accelerator.id, len(request.graph), limit)
        graph = symbol_json.loads(request.graph)
        shapes = {each.name: tuple(each.shape) for each in request.known if each.shape}
        dtypes = {each.name: dtype_of(each.datatype) for each in request.known if each.datatype}
        types = infer_types(graph, dtypes)
        inferred = infer_shapes(graph, shapes, dtypes)

        def described(names: dict[str, Any], kinds: dict[str, Any]) -> list[pb.TensorDescription]:
            return [
                pb.TensorDescription(
                    name=name, shape=shape or (), datatype=datatype_of(kinds[name]) if kinds[name] else ""
                )
                for name, shape in names.items()
            ]

        nodes = graph.nodes()
        where = placement(graph)

        def places(found: dict[int, str]) -> list[pb.Placement]:
            return _placed([(i, nodes[i].name, nodes[i].op or "", reason) for i, reason in found.items()])

        return pb.InferReply(
            arguments=described(inferred.arguments, types.arguments),
            auxiliary_states=described(inferred.auxiliary, types.auxiliary),
            outputs=[
                pb.TensorDescription(shape=shape or (), datatype=datatype_of(kind) if kind else "")
                for shape, kind in zip(inferred.outputs, types.outputs, strict=True)
            ],
            instance=places(where.instance),
            cut_after=places(where.cut_after),
            complete=inferred.complete,
        )

    def _session(self, context: Any) -> str:
        session = session_of(context)
        self._state.sessions.check(session)
        return session

    def _memory(self) -> pb.Memory:
        ledger = self._state.ledger
        return pb.Memory(
            total=ledger.total,
            used=ledger.used,
            weights=ledger.weights,
            activations=ledger.activations,
            store=self._state.store.used,
        )

    def _charged(self, executor: Executor) -> pb.Memory:
        weights = sum(executor.blobs.values())
        return pb.Memory(
            total=self._state.ledger.total,
            used=weights + executor.charged,
            weights=weights,
            activations=executor.charged,
        )

    def _executor_status(self, executor: Executor) -> pb.ExecutorStatus:
        return pb.ExecutorStatus(
            name=executor.name if executor.published else executor.name[:10],
            graph=executor.graph.hex()[:16],
            published=executor.published,
            forwards=executor.totals.forwards,
            plans=executor.plans,
            memory=self._charged(executor),
            accelerated_nodes=executor.nodes,
            instance_nodes=executor.instance_nodes,
            queue_us=executor.totals.spent.queue_us,
            compute_us=executor.totals.spent.compute_us,
            bytes_in=executor.totals.bytes_in,
            bytes_out=executor.totals.bytes_out,
        )


def _variable(argument: pb.Argument) -> Variable:
    if any(d < 0 for d in argument.shape):
        raise InvalidGraphError(f"Argument {argument.name} has a negative dimension")
    return Variable(TensorSpec(argument.name, tuple(argument.shape), dtype_of(argument.datatype)), argument.digest)


def _placed(places: list[Place]) -> list[pb.Placement]:
    return [
        pb.Placement(node=node, name=name, operator=operator, reason=reason) for node, name, operator, reason in places
    ]


def _description(spec: TensorSpec) -> pb.TensorDescription:
    return pb.TensorDescription(name=spec.name, datatype=datatype_of(spec.dtype), shape=spec.shape)
