"""Averaged weights: the mean itself, and what is put back."""

from __future__ import annotations

import torch

from holdfast.training.averaging import WeightAverage


def test_the_mean_follows_the_weights_and_leaves_no_trace_where_it_is_only_looked_at() -> None:
    model = torch.nn.Linear(2, 1, bias=False)
    with torch.no_grad():
        model.weight.fill_(0.0)
    average = WeightAverage(model, decay=0.5)
    for value in (1.0, 2.0):
        with torch.no_grad():
            model.weight.fill_(value)
        average.update(model)
    assert average.mean["weight"].tolist() == [[1.25, 1.25]]
    with average.in_place(model):
        assert model.weight.tolist() == [[1.25, 1.25]]
    assert model.weight.tolist() == [[2.0, 2.0]]
    average.put(model)
    assert model.weight.tolist() == [[1.25, 1.25]]


def test_frozen_weights_are_not_averaged() -> None:
    model = torch.nn.Linear(2, 1)
    model.bias.requires_grad_(False)
    assert WeightAverage(model).mean.keys() == {"weight"}
