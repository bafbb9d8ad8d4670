"""The corpus: spec files with one mistake each, and what their messages must say.

Beside ``mistakes/NAME.py`` stands ``mistakes/NAME.txt``, the message exactly as it is printed (with
paths relative to the corpus).  ``SAYS`` holds what a reader needs from it whatever its wording: the
code, and the wires, axes, types or sizes that met.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from categorical.errors import Notice, SpecError, apply_edits
from categorical.face.loader import load

FOLDER = Path(__file__).parent / "mistakes"
FILES = sorted(FOLDER.glob("*.py"))

# name: code, then what the message must contain
SAYS: dict[str, tuple[str, ...]] = {
    "activation_called": ("CM013", "`op.relu`", "leave out the parentheses"),
    "ambiguous_axis": ("CM006", 'Real[n, n.at("key")]', 'op.softmax(n.at("key"))'),
    "applied_outside": ("CM013", "the dimension `feature`", "Real[feature]"),
    "applied_to_arrow": ("CM013", "op.linear(feature, hidden) >> op.linear(hidden, label)"),
    "bias_without_expand": ("CM004", "`bias`", "Real[item, hidden]", "Real[hidden]"),
    "doubled_width": ("CM005", "the axis n", "`joined` is", "Real[n + n]"),
    "channel_of_one": ("CM005", "the axis 1", "Real[item]", "layer(None, k)"),
    "block_of_a_student": ("CM059", "`teacher`", "`body`", "stem, head"),
    "class_for_distribution": ("CM057", "Real[digit]", "Fin(digit)[()]", "soft_cross_entropy"),
    "critic_of_two": ("CM058", "`critic.linear.weight`", "critic and painter", 'owns=("painter",)'),
    "critic_twice": ("CM058", "`critic_2.linear.weight`", "critic = tie(", 'owns=("critic_2",)'),
    "dropout_rate": ("CM041", "the probability is 10", "[0, 1)", "0.1"),
    "embedding_of_real": ("CM011", "`text`", "Real[token]", "Fin(letter)[token]"),
    "flatten_fixed_width": ("CM001", "Real[13440]", "6720"),
    "flatten_width": ("CM005", "the axis maps", "`flat` is", "Real[maps*"),
    "float_mask": ("CM011", "`present`", "Real[token]", "Bool[token]"),
    "for_over_wire": ("CM034", "`sequence` is", "Real[time, width]"),
    "forgotten_label": ("CM009", "Real[token, token]", 'token.at("key")'),
    "forgotten_relabel": ("CM005", 'token.at("key")', "`query` is", "`key`", "Real[token, width]"),
    "forgotten_return": ("CM022", "`scores` returns nothing", "Real[label]", "return result"),
    "gather_wrong_set": ("CM039", "`residue`", "Fin(residue)", "Fin(atom)[bond]", "`source`"),
    "gelu_on_rotation": ("CM017", "`xyz`", "Real[atom, xyz]", "`velocity`"),
    "heads_constant": ("CM008", "12 does not divide 100", "10", "20"),
    "heads_sizes": ("CM008", "heads | width", "heads = 12, width = 100", "heads = 10"),
    "huge_weights": ("CM026", "`linear.weight`", "Real[product, user]", "100,000,000,000,000"),
    "if_on_wire": ("CM012", "`x > 0` is", "Bool[width]", "op.where"),
    "index_of_wire": ("CM034", "`tokens` is", "Real[token, width]", "op.take(token, 0)(tokens)"),
    "iterate_changes_type": ("CM032", "Real[width]", "Real[hidden]"),
    "label_first": ("CM057", "Real[code] × Real[digit]", "the label of a loss comes last"),
    "loss_of_each_image": ("CM056", "Real[batch]", "its mean over the batch"),
    "law_of_two_factors": (
        "CM021",
        "`column`",
        "laws.equivariant(under=Symmetric(row)) and laws.invariant(under=Symmetric(column))",
    ),
    "law_causal_pooled": ("CM021", "causal[time]", "Real[time, width] → Real[width]"),
    "law_dim_unknown": ("CM021", "`item`", "Real[feature] → Real[label]"),
    "law_equal_types": ("CM021", "Real[item, feature] → Real[label]", "Real[item, label]"),
    "law_invariant_of_equivariant": ("CM021", "Real[item, label]", "`item`", "laws.equivariant"),
    "law_linear_input": ("CM021", "`values`", "value, gate"),
    "len_of_wire": ("CM034", "`items` is", "Real[item, width]", "op.mean(item)(items)"),
    "long_chain": ("CM001", 'op.linear(d, d, name="wide")', "Real[c]", "the axis d"),
    "mask_wrong_axis": ("CM005", "`width`", "Real[token, memory]", "Bool[width]", "`present`"),
    "matrix_product": ("CM034", "`key` is", "Real[memory, width]", "op.einsum(token, memory)"),
    "matrix_product_of_wires": ("CM034", "Real[hidden, feature]", "Real[feature]", "(weight, x)"),
    "method_of_tensor": ("CM034", "`items` is", "Real[item, feature]", "op.mean(item)(items)"),
    "missing_annotation": ("CM023", "`x`", "x: Real["),
    "name_forward": ("CM024", "`forward`", "my_forward"),
    "name_import": ("CM024", "`__import__('os')`", "ASCII"),
    "number_as_wire": ("CM013", "6.0", "op.full_like(6.0)(x)"),
    "one_less": ("CM033", "`time` minus `1`", "op.slice"),
    "parameter_outside": ("CM013", "`shift`", "One → Real[width]"),
    "positions_not_last": ("CM004", "`x`", "`weight`", "Real[token, width]", "Real[token]"),
    "power": ("CM034", "`x` is", "Real[feature]", "x * x * x"),
    "random_union": ("CM021", "`batch_norm`", "Real[vertex, feature]", 'batch="none"'),
    "recursion": ("CM029", "`deep`", "iterate"),
    "reduce_missing_axis": ("CM005", "the axis width", "`rows` is", "Real[channel]", "line 11"),
    "relu_of_indices": ("CM011", "`text`", "Fin(letter)[token]"),
    "relu_on_sign": ("CM016", "`eigenvector`", "Real[eigenvector]", "op.tanh"),
    "reshape": ("CM034", "`x` is", "Real[token, width]", "op.split"),
    "residual_composite": ("CM010", "Real[width]", "Real[hidden]", "op.linear(hidden, width)"),
    "residual_width": ("CM010", "`x`", "Real[width]", "Real[hidden]"),
    "return_differs": ("CM022", "Real[item, label]", "Real[label]", "item"),
    "silent_broadcast_loss": ("CM004", "`prediction` is", "Real[sample, 1]", "Real[sample]"),
    "size_negative": ("CM025", "`feature`", "-1"),
    "size_not_given": ("CM025", "`hiden`", "hidden=16"),
    "size_text": ("CM025", "`feature`", "'64'", "feature=64"),
    "split_back_swapped": ("CM003", "height*width", "width*height", "op.transpose(width, height)"),
    "string_annotation": ("CM033", "`x`", "Real[item, feature]", 'item = Dim("item")'),
    "string_in_a_variable": ("CM033", "'item'", 'item = Dim("item")'),
    "string_axis": ("CM033", "'batch'", 'batch = Dim("batch")'),
    "sum_against_multiple": ("CM003", "2*n", "`joined` is", "Real[n + n]", "one size"),
    "swapped_axes": ("CM003", "`recording` is", "Real[channel, time]", "Real[time, channel]"),
    "swapped_axes_sum": ("CM003", "`x` is", "Real[row, column]", "Real[column, row]"),
    "swapped_return": ("CM022", "Real[item, hidden]", "Real[hidden, item]"),
    "swapped_wires": ("CM002", "`encode`", "`mix`", "Real[token, place] × Real[token, width]"),
    "tie_unequal": ("CM019", "decode.weight", "Real[feature, code]", "Real[code, feature]"),
    "tied_batch_norm": ("CM015", "`batch_norm.running_mean`", "state"),
    "tied_dropout": ("CM014", "`dropout.mask`", "two uses are two draws"),
    "torch_module": ("CM042", "`arrow` of `architecture`", "a list of 3 arrows"),
    "two_wires_into_one": ("CM007", "takes 1 wire and got 2", "Real[width] × Real[width]"),
    "unknown_parameter": ("CM020", "`score.weight`", '"scores.weight" was probably meant'),
    "unnamed_lambda": ("CM001", "the function `swish`", "@arrow"),
    "untied_second_call": ("CM018", "two sets of weights", "first call here", "tie("),
    "unused_argument": ("CM035", "`present`", "Bool[token]", "never used"),
    "view_as_transpose": ("CM003", "width*height", "`flat` is", "Real[height*width]"),
    "wire_against_text": ("CM007", "'mask'", "Real[token, width]"),
    "wire_of_another": ("CM013", "`encode`", "`decode`", "Real[width]"),
    "wrong_arity": ("CM007", "takes 3 wires and got 2", "Bool[width] × Real[width]"),
    "both_children_named": ("CM045", "`cell`", "Real[2, hidden]", "binary(cell)"),
    "cell_state_before_output": ("CM045", "`state`", "Real[label]", "cell >> swap("),
    "cell_states_last": (
        "CM045",
        "state `x`",
        "Real[feature]",
        "swap(Real[hidden], Real[feature]) >> cell",
    ),
    "fold_of_a_machine": ("CM045", "`state`", "Real[label]", "mealy(cell, over=time)"),
    "induction_of_other_states": ("CM021", "`scale`", "Real[other]", "Real[width]"),
    "labels_after_children": ("CM045", "`cell`", "Real[child, hidden]", "the labels come first"),
    "lengths_of_the_axis": ("CM001", "Fin(time)[()]", "Fin(time + 1)[()]", "a length is a number"),
    "machine_states_forgotten": ("CM045", "`lstm_cell`", "1 or 2 states", "states=2"),
    "moore_parts_swapped": ("CM045", "Real[label]", "moore(look, step, over=time, start=0)"),
    "over_in_quotes": ("CM033", "'time'", "it is declared:  time"),
    "start_of_another_type": ("CM045", "One → Real[feature]", "op.zeros(Real[hidden])"),
    "unfold_that_reads": ("CM045", "`cell` reads inputs", "mealy(cell, over=time, start=0)"),
}


def messages(path: Path) -> list[SpecError | Notice]:
    """The error of a spec file, or its notices."""
    try:
        return list(load(path).notices)
    except SpecError as problem:
        return [problem]


def printed(found: Sequence[SpecError | Notice], folder: Path = FOLDER) -> str:
    """Messages as they are printed, with the paths of one folder left out."""
    shown = os.path.relpath(folder) + os.sep
    text = "\n\n".join(one.render() for one in found)
    return text.replace(str(folder) + os.sep, "").replace(shown, "") + "\n"


def mended(path: Path, problem: SpecError | Notice) -> list[tuple[str, str]]:
    """For each help with an edit: its text, and the source after the edit."""
    source = path.read_text(encoding="utf-8")
    return [(one.text, apply_edits(source, one.edits)) for one in problem.help if one.edits]
