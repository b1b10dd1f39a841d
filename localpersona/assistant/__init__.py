"""The use cases that both front ends call. `Assistant` is the way in; each module beside it does one job.

plan            how one request is answered: candidates, weights, instruction
answering       a prompt becomes an answer, written down while it comes
recording       an answer is written down while it comes
conversation    a branch of the chat tree becomes the engine's turns
models          which LLM is loaded
taste           a profile's weights, refitted whenever its comparisons change
comparing       two candidates to choose between, and what a choice taught
onboarding      which question of the bank comes next
portrait        weights in words and bars
profile_file    a profile as JSON
"""

from __future__ import annotations

from localpersona.assistant.assistant import Assistant
from localpersona.assistant.profile_file import ProfileFileError
from localpersona.assistant.views import AnswerFailed, Learned, ProfileView, Question, TraitView

__all__ = ["AnswerFailed", "Assistant", "Learned", "ProfileFileError", "ProfileView", "Question", "TraitView"]
