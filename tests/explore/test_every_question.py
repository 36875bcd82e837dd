"""Each known mistake that loses points in a question of the course has a picture, if its operation has one."""

import pytest

from autograder.mutate.solved import solve
from tests.browser.lab import ROOT
from utils.check.rehearsal import rehearse
from utils.explore.coverage import of_answers
from utils.explore.subjects import SUBJECTS

PROBLEMS = sorted(path.stem for path in (ROOT / "solutions").glob("p[1-79]_*.py"))
# answers of problems 1 to 6 that are no arrays of roads: sizes and counts, indices, marks
WITHOUT = {
    "output_size", "layer_shape", "layer_parameters", "num_parameters", "same_padding", "chain", "receptive_field",
    "pooled_shape", "dense_weights", "nonzero_cells", "distinct_weights", "weights_grow_with_input", "nonzero_fraction",
    "delta_many", "weight_many", "patch_numbers", "fan_out", "reversed_index", "inputs_of_weight",
    "pooling_parameters", "max_marks", "not_a_subgradient", "windows_per_pixel", "undo_scale", "undo_shift",
    "batch_norm_count", "batch_norm_parameters", "larger_of_two", "numerical_gradient", "worst_error",
    "summed_over", "weight_of_pixel", "input_of_weight", "input_many",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", PROBLEMS)
def test_every_mistake_that_loses_points_has_a_picture(name: str) -> None:
    solved = solve(ROOT / "solutions" / f"{name}.py")
    left, without = {}, set()
    for check in solved.checks:
        if not check.hidden:
            wrong = list(rehearse(check.run, solved.answers(check)))
            without |= {w.mistake.about for w in wrong if w.mistake.about not in SUBJECTS}
            if missing := of_answers(wrong):
                left[check.question] = missing
    assert left == {}
    if name[1] in "123456":
        assert without <= WITHOUT, sorted(without - WITHOUT)
