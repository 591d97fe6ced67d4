from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.audience.events import AudienceSampled
from domain.streaming.events import LiveStreamArchived
from projections.audience.audiences import AUDIENCES, SAMPLES_AT_MOST, AudienceView
from tests.support.builders import at, recorded

Sampled = tuple[int, int]  # seconds past noon, viewers


def seen(*samples: Sampled) -> AudienceView:
    def fold(view: AudienceView | None, sample: Sampled) -> AudienceView | None:
        second, viewers = sample
        event = AudienceSampled(viewers=viewers, peak=max(viewers, view.peak if view else 0))
        return AUDIENCES.fold(view, recorded(event, position=second))

    view = reduce(fold, samples, None)
    assert view is not None
    return view


def test_an_audience_is_shown_as_it_was_sampled() -> None:
    view = seen((10, 3), (25, 8), (40, 0))
    assert (view.viewers, view.peak) == (0, 8)
    samples = [(sample.at, sample.viewers) for sample in view.samples]
    assert samples == [(at(10), 3), (at(25), 8), (at(40), 0)]


def test_a_peak_between_two_samples_is_kept() -> None:
    view = AUDIENCES.fold(seen((10, 3)), recorded(AudienceSampled(viewers=4, peak=90)))
    assert view is not None
    assert (view.viewers, view.peak) == (4, 90)


def test_a_long_show_has_its_samples_thinned_to_the_most_of_a_time() -> None:
    view = seen(*((15 * n, n) for n in range(1, SAMPLES_AT_MOST + 1)), (15 * 721, 5))
    assert view.spacing_seconds == 32
    assert len(view.curve) == 339
    assert (view.curve[0], view.curve[-1]) == ((0, 3), (15 * 720, 5))
    assert max(viewers for _, viewers in view.curve) == SAMPLES_AT_MOST


def test_samples_of_another_clock_do_not_run_backwards() -> None:
    assert [second for second, _ in seen((10, 1), (40, 2), (38, 3)).curve] == [0, 30, 30]


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9)), min_size=1, max_size=3000))
def test_samples_are_bounded_and_keep_their_order_and_the_most(steps: list[Sampled]) -> None:
    second, samples = 0, []
    for step, viewers in steps:
        second += step
        samples.append((second, viewers))
    view = seen(*samples)
    points = [point for point, _ in view.curve]
    assert len(points) <= SAMPLES_AT_MOST
    assert points == sorted(points)
    assert view.curve[-1] == (second - samples[0][0], samples[-1][1])
    assert max(viewers for _, viewers in view.curve) == view.peak


def test_no_audience_is_made_of_another_fact() -> None:
    with pytest.raises(TypeError, match="LiveStreamArchived"):
        AUDIENCES.fold(None, recorded(LiveStreamArchived()))
