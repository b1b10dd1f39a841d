"""Load a GGUF and decode one token, in a process of its own: a wrong build crashes here and not in the app.

Prints "ok" and the features that llama.cpp was built with.
"""

from __future__ import annotations

import ctypes
import sys

from llama_cpp import llama_cpp


def main(path: str) -> None:
    quiet = llama_cpp.llama_log_callback(lambda level, text, data: None)
    llama_cpp.llama_log_set(quiet, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    model = llama_cpp.llama_model_load_from_file(path.encode(), llama_cpp.llama_model_default_params())
    settings = llama_cpp.llama_context_default_params()
    settings.n_ctx = 256
    context = llama_cpp.llama_init_from_model(model, settings)
    # Enough rows for the matrix kernels that prompts use, which are not those of a single token.
    tokens = (llama_cpp.llama_token * 32)(*range(100, 132))
    for batch in (llama_cpp.llama_batch_get_one(tokens, 32), llama_cpp.llama_batch_get_one(tokens, 1)):
        if llama_cpp.llama_decode(context, batch) != 0:
            sys.exit("decoding failed")
    print("ok", llama_cpp.llama_print_system_info().decode())


if __name__ == "__main__":
    main(sys.argv[1])
