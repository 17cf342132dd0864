"""A judge whose server died grades nothing, so that no grade that another day would bring is kept as unscored."""

from __future__ import annotations

import pytest
from tests.unit.judges.fake_models import FakeModel, fake_models

from holdfast.core import FinishReason, JudgeError, Message
from holdfast.judges.judge_model import JudgeModel
from holdfast.plugins import Generation, GenerationRequest

PROMPT = (Message(role="user", content="grade this"),)


class Gone(FakeModel):
    """Its server is away."""

    def _one(self, request: GenerationRequest) -> Generation:
        return Generation(key=request.key, text="", finish=FinishReason.UNANSWERED, error="no connection to the server")


def test_a_judge_whose_server_died_is_an_error_that_says_how_to_go_on() -> None:
    with fake_models(gone=Gone(lambda messages: "")):
        model = JudgeModel("fake:gone", most_tokens=5)
        with pytest.raises(JudgeError, match=r"fake:gone.*no connection to the server.*the same command goes on"):
            model.answers([PROMPT])
