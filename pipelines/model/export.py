"""The trained tagger → an ONNX file of 8-bit weights.

The graph is written node by node in ONNX Runtime's own fused operators, which do attention, residuals and norms in one call
each. Linear layers are ``MatMulNBits``: weights of 8 bits with a scale for every 64; their inputs are set to 8 bits at run time by
64 too, so that one large value does not coarsen the rest, nor one text another in its batch. Word vectors have a scale a row.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from pipelines.model.train import Tagger, quantise_rows

BLOCK = 64
_FUSED = "com.microsoft"


class _Graph:
    """Collects nodes and constants; each method gives the name of what it computes."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: np.ndarray) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, operator: str, inputs: list[str], output: str, fused: bool = False, **attributes: object) -> str:
        domain = _FUSED if fused else ""
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def linear(self, source: str, weight: np.ndarray, name: str) -> str:
        """``source`` times the transpose of ``weight`` [out, in], without bias."""
        packed, scales = quantise_blocks(weight)
        out, width = weight.shape
        inputs = [source, self.constant(f"{name}.weight", packed), self.constant(f"{name}.scales", scales)]
        return self.node(
            "MatMulNBits", inputs, name, fused=True, K=width, N=out, bits=8, block_size=BLOCK, accuracy_level=4
        )


def quantise_blocks(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """float [out, in] → uint8 [out, blocks, BLOCK] about 128, and float32 scales [out * blocks]."""
    out, width = weight.shape
    blocks = weight.reshape(out, width // BLOCK, BLOCK)
    scales = np.maximum(np.abs(blocks).max(axis=2) / 127, 1e-12).astype(np.float32)
    return (np.round(blocks / scales[..., None]) + 128).astype(np.uint8), scales.reshape(-1)


def export(tagger: Tagger, path: Path) -> None:
    """Write the tagger as ONNX: ``ids``, ``shapes``, ``mask`` [texts, pieces] → log-probabilities ``scores`` [texts, pieces, 3]."""
    state = {name: value.float().numpy() for name, value in tagger.state_dict().items()}
    config = tagger.encoder.config
    g = _Graph()
    epsilon = float(config.layer_norm_eps)

    rows, scales = quantise_rows(state["encoder.embeddings.word_embeddings.weight"])
    g.constant("words", rows)
    g.constant("words.scales", scales)
    g.node("Gather", ["words", "ids"], "word.bytes")
    g.node("Cast", ["word.bytes"], "word.floats", to=TensorProto.FLOAT)
    g.node("Gather", ["words.scales", "ids"], "word.scale")
    g.node("Mul", ["word.floats", "word.scale"], "word")
    types = state["encoder.embeddings.token_type_embeddings.weight"][:1]  # every piece is of the first segment
    g.constant("shape.vectors", state["shape.weight"] + types)
    g.node("Gather", ["shape.vectors", "shapes"], "shape")
    g.node("Add", ["word", "shape"], "word.shape")
    g.constant("positions", state["encoder.embeddings.position_embeddings.weight"].astype(np.float16))
    g.node("Shape", ["ids"], "length", start=1, end=2)
    g.constant("zero", np.array([0], np.int64))
    g.node("Slice", ["positions", "zero", "length"], "position.half")
    g.node("Cast", ["position.half"], "position", to=TensorProto.FLOAT)
    g.node("Add", ["word.shape", "position"], "embedded")
    norm = "encoder.embeddings.LayerNorm"
    hidden = g.node(
        "LayerNormalization",
        ["embedded", g.constant(f"{norm}.w", state[f"{norm}.weight"]), g.constant(f"{norm}.b", state[f"{norm}.bias"])],
        "hidden",
        epsilon=epsilon,
    )
    g.node("Cast", ["mask"], "mask32", to=TensorProto.INT32)

    for number in range(config.num_hidden_layers):
        at, short = f"encoder.encoder.layer.{number}", f"{number}"
        parts = [
            g.linear(hidden, state[f"{at}.attention.self.{part}.weight"], f"{short}.{part}")
            for part in ("query", "key", "value")
        ]
        bias = np.concatenate([state[f"{at}.attention.self.{part}.bias"] for part in ("query", "key", "value")])
        attended = g.node(
            "MultiHeadAttention",
            [*parts, g.constant(f"{short}.bias", bias), "mask32"],
            f"{short}.attended",
            fused=True,
            num_heads=config.num_attention_heads,
        )
        mixed = g.linear(attended, state[f"{at}.attention.output.dense.weight"], f"{short}.mixed")
        hidden = _add_and_norm(g, mixed, hidden, state, f"{at}.attention.output", f"{short}.a", epsilon)
        wide = g.linear(hidden, state[f"{at}.intermediate.dense.weight"], f"{short}.wide")
        bent = g.node(
            "BiasGelu",
            [wide, g.constant(f"{short}.wide.bias", state[f"{at}.intermediate.dense.bias"])],
            f"{short}.bent",
            fused=True,
        )
        narrow = g.linear(bent, state[f"{at}.output.dense.weight"], f"{short}.narrow")
        hidden = _add_and_norm(g, narrow, hidden, state, f"{at}.output", f"{short}.b", epsilon)

    g.node("MatMul", [hidden, g.constant("head.weight", state["head.weight"].T)], "head")
    g.node("Add", ["head", g.constant("head.bias", state["head.bias"])], "raw")
    g.node("LogSoftmax", ["raw"], "scores", axis=-1)

    where = ["texts", "pieces"]
    graph = helper.make_graph(
        g.nodes,
        "names",
        [helper.make_tensor_value_info(n, TensorProto.INT64, where) for n in ("ids", "shapes", "mask")],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [*where, 3])],
        g.constants,
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(_FUSED, 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="social-audit")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())


def _add_and_norm(
    g: _Graph, source: str, residual: str, state: dict[str, np.ndarray], at: str, name: str, epsilon: float
) -> str:
    inputs = [source, residual]
    for part, key in (("gamma", "LayerNorm.weight"), ("beta", "LayerNorm.bias"), ("bias", "dense.bias")):
        inputs.append(g.constant(f"{name}.{part}", state[f"{at}.{key}"]))
    return g.node("SkipLayerNormalization", inputs, f"{name}.out", fused=True, epsilon=epsilon)
