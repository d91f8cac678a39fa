import numpy as np

from snnconv.data.stratify import stratified_order


def test_the_first_images_are_balanced_at_every_length() -> None:
    labels = np.sort(np.arange(400) % 10)
    taken = labels[stratified_order(labels)]
    for length in range(1, 401):
        counts = np.bincount(taken[:length], minlength=10)
        assert counts.max() - counts.min() <= 1


def test_small_classes_run_out_and_the_others_go_on() -> None:
    labels = np.array([0, 0, 0, 1, 2, 2])
    assert labels[stratified_order(labels)].tolist() == [0, 1, 2, 0, 2, 0]


def test_it_is_a_permutation_that_shuffles() -> None:
    order = stratified_order(np.zeros(50, dtype=np.int64))
    assert sorted(order.tolist()) == list(range(50))
    assert order.tolist() != list(range(50))


def test_the_order_stays_as_it_is() -> None:
    # calibrations and run folders record this choice: another order would be another sample
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 1, 3])
    assert stratified_order(labels).tolist() == GOLDEN


def test_labels_need_not_be_sorted() -> None:
    labels = np.array([1, 0, 1, 0])
    assert labels[stratified_order(labels)].tolist() == [0, 1, 0, 1]


GOLDEN = [3, 6, 8, 2, 7, 1, 4, 0, 5]
