"""Our own format: chats with all branches, and the candidates that answers were chosen from.

    {"format": "localpersona-chats", "version": 1, "chats": [
      {"uid": "3f2a…",                  names the chat on every machine
       "title": "How do I sleep better?", "created": "2026-11-21T19:30:00.000+00:00", "updated": …,
       "options": {"pinned": false, "archived": false, "system_prompt": null, "temperature": null},
       "shown": 3,                      index of the message that the shown branch ends with; null: the last
       "messages": [                    parents before children
         {"parent": null,               index of the message before it; null: a first message
          "role": "user" | "assistant" | "system", "text": …, "reasoning": "", "created": …,
          "state": "complete" | "stopped" | "failed", "finish_reason": "stop" | … | null, "model": "",
          "chosen": 0, "version": "",   which of the candidates; the reward model that scored them
          "candidates": [{"text": …, "reasoning": …, "seed": 1, "tokens": 80, "finish_reason": …,
                          "mean_log_probability": -0.4, "reading": null, "traits": […], "spread": […]}, …]}, …]}, …]}

Only role and text of a message, and uid of a chat, must be there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, get_args

from localpersona.store import ChatCopy, ChatOptions, MessageCopy, MessageState
from localpersona.transfer.checking import listed, mapping, moment, refuse, text, title_of
from localpersona.values import Candidate, FinishReason, Role

FORMAT, VERSION = "localpersona-chats", 1
_LARGEST = 2**53


def as_json(chats: Iterable[ChatCopy]) -> Iterator[str]:
    """Yield the pieces of a JSON document: any number of chats needs the memory of one."""
    yield f'{{"format": "{FORMAT}", "version": {VERSION}, "chats": ['
    for number, chat in enumerate(chats):
        # ASCII only: what is in an answer must not reach a terminal as an escape sequence.
        yield (",\n" if number else "\n") + json.dumps(asdict(chat), ensure_ascii=True)
    yield "\n]}\n"


def read(data: object) -> Iterator[ChatCopy]:
    """Yield the chats of a document. Raises TransferError."""
    content = mapping(data, "the file")
    if content.get("version") != VERSION:
        refuse(f"version {str(content.get('version'))[:20]!r} of the format is not known, only {VERSION}")
    for number, chat in enumerate(listed(content.get("chats"), '"chats"'), start=1):
        yield _chat(mapping(chat, f"chat {number}"), f"chat {number}")


def _chat(fields: Any, where: str) -> ChatCopy:
    uid = fields.get("uid")
    if not isinstance(uid, str) or not 0 < len(uid) <= 200:
        refuse(f'{where} has no "uid"')
    entries = listed(fields.get("messages"), f'"messages" of {where}')
    messages = tuple(_message(entry, place, where) for place, entry in enumerate(entries))
    prompt = next((message.text for message in messages if message.role == "user"), "")
    updated = moment(fields.get("updated"))
    return ChatCopy(
        uid=uid,
        title=title_of(fields.get("title"), prompt),
        created=moment(fields.get("created")) or updated,
        updated=updated,
        messages=messages,
        shown=_index(fields.get("shown"), len(messages), f'"shown" of {where}'),
        options=_options(mapping(fields.get("options", {}), f'"options" of {where}')),
    )


def _options(fields: Any) -> ChatOptions:
    prompt, temperature = fields.get("system_prompt"), fields.get("temperature")
    return ChatOptions(
        pinned=fields.get("pinned") is True,
        archived=fields.get("archived") is True,
        system_prompt=prompt if isinstance(prompt, str) else None,
        temperature=min(max(_number(temperature), 0.0), 2.0) if temperature is not None else None,
    )


def _message(entry: object, place: int, where: str) -> MessageCopy:
    where = f"message {place + 1} of {where}"
    fields = mapping(entry, where)
    if fields.get("role") not in get_args(Role) or not isinstance(fields.get("text"), str):
        refuse(f'{where} needs a "role" (user, assistant or system) and a "text"')
    entries = listed(fields.get("candidates", []), f'"candidates" of {where}')
    candidates = tuple(_candidate(mapping(candidate, f"a candidate of {where}")) for candidate in entries)
    state, reason = fields.get("state", "complete"), fields.get("finish_reason")
    return MessageCopy(
        role=fields["role"],
        text=fields["text"],
        parent=_index(fields.get("parent"), place, f'"parent" of {where}'),
        reasoning=text(fields.get("reasoning")),
        state=state if state in get_args(MessageState) else "complete",
        created=moment(fields.get("created")),
        finish_reason=reason if reason in get_args(FinishReason) else None,
        model=text(fields.get("model")),
        chosen=_index(fields.get("chosen"), max(len(candidates), 1), f'"chosen" of {where}') or 0,
        candidates=candidates,
        version=text(fields.get("version")),
    )


def _candidate(fields: Any) -> Candidate:
    reason = fields.get("finish_reason")
    return Candidate(
        text=text(fields.get("text")),
        reasoning=text(fields.get("reasoning")),
        seed=int(_number(fields.get("seed"))),
        tokens=int(_number(fields.get("tokens"))),
        finish_reason=reason if reason in get_args(FinishReason) else "stop",
        mean_log_probability=_number(fields.get("mean_log_probability")),
        reading=next(iter(_numbers([fields.get("reading")])), None),
        traits=_numbers(fields.get("traits")),
        spread=_numbers(fields.get("spread")),
    )


def _index(value: object, below: int, what: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < below:
        refuse(f"{what} points at nothing")
    return value


def _number(value: object) -> float:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST
    return float(value) if usable else 0.0  # type: ignore[arg-type]  # NaN is not below anything either


def _numbers(value: object) -> tuple[float, ...]:
    """Return trait scores, or none when one of them is no finite number."""
    numbers = value if isinstance(value, list) else []
    whole = all(isinstance(number, int | float) and abs(number) <= _LARGEST for number in numbers)
    return tuple(float(number) for number in numbers) if whole else ()
