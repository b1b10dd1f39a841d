"""The errors whose text is written for the user: one or two plain lines, to be shown as they are."""

from __future__ import annotations

from localpersona.assistant.profile_file import ProfileFileError
from localpersona.assistant.views import AnswerFailed
from localpersona.engine.protocol import EngineError
from localpersona.library.download_errors import DownloadError
from localpersona.settings import SettingsError
from localpersona.store.errors import StoreError
from localpersona.transfer.checking import TransferError

USER_ERRORS = (
    AnswerFailed,
    DownloadError,
    EngineError,
    ProfileFileError,
    SettingsError,
    StoreError,
    TransferError,
)
