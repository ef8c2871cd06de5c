"""A batch of questions: in as few pieces as RabbitMQ carries, each in its canonical form, every question in one of them."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.consent_check import MOST_BYTES, Question, QuestionBatch, Records, put_questions
from contracts.envelope import read_submission
from tests.factories import sealed

RECEIVED = read_submission(sealed())
NOW = 1_800_000_000_000


def question(attempt: int, to_consent_bytes: int) -> Question:
    return Question(
        message=RECEIVED.header.id,
        attempt=attempt,
        header=RECEIVED.header,
        signature=RECEIVED.submission.signature,
        to_consent="A" * (to_consent_bytes // 4 * 4),
        records=Records(own="a1" * 16),
    )


def pieces(sizes: Sequence[int]) -> list[tuple[str, bytes]]:
    return list(put_questions([question(n, size) for n, size in enumerate(sizes, 1)], NOW))


@settings(max_examples=60)
@given(st.lists(st.sampled_from([100, 4_000, 20_000, 60_000]), min_size=1, max_size=100))
def test_every_question_is_put_once_in_order_and_no_piece_is_larger_than_rabbitmq_carries(sizes: list[int]) -> None:
    put = pieces(sizes)
    assert all(len(body) <= MOST_BYTES for _, body in put)
    batches = [QuestionBatch.model_validate_json(body) for _, body in put]
    assert [one.attempt for batch in batches for one in batch.questions] == list(range(1, len(sizes) + 1))
    assert [batch.id for batch in batches] == [batch for batch, _ in put]
    assert {batch.asked for batch in batches} == {NOW}


def test_a_piece_is_the_canonical_form_of_its_batch() -> None:
    ((_, body),) = pieces([4_000, 100, 20_000])
    assert QuestionBatch.model_validate_json(body).wire() == body


def test_an_ordinary_batch_is_one_piece() -> None:
    assert len(pieces([4_000] * 100)) == 1


def test_more_than_a_hundred_are_put_in_hundreds() -> None:
    put = [QuestionBatch.model_validate_json(body) for _, body in pieces([100] * 250)]
    assert [len(batch.questions) for batch in put] == [100, 100, 50]


def test_a_hundred_of_the_largest_take_a_few_pieces() -> None:
    assert len(pieces([50_000] * 100)) == 6


def test_no_questions_are_no_piece() -> None:
    assert pieces([]) == []
