"""JAX's compiled programs, kept on disk: a second start compiles nothing.

They are in the user's own cache, or where `$JAX_COMPILATION_CACHE_DIR` says. JAX runs
what it finds there, so that folder must never be shared.
"""

import glob
import re
import warnings
from functools import cache
from pathlib import Path

from sketch.system.atomic import user_cache
from sketch.system.messages import echo

# JAX's warning; it names the program. It would come for each of them at each start.
_WARNING = re.compile(
    r"Error (read|writ)ing persistent compilation cache entry .*?'(.*?)'"
)


def keep_compilations() -> None:
    """Has JAX keep its compiled programs on disk."""
    import jax

    if jax.config.jax_compilation_cache_dir is None:
        jax.config.update("jax_compilation_cache_dir", str(user_cache() / "jax"))
    # The small programs are many: compiling them takes a second at each start.
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)
    _mend(Path(jax.config.jax_compilation_cache_dir))


@cache
def _mend(folder: Path) -> None:
    """Removes the damaged entries that JAX warns of, and says so once.

    JAX writes an entry only where none is: a damaged one, of a process that was killed
    while it wrote, would stay for ever.
    """
    show_warning = warnings.showwarning
    is_told = False

    def show(message: Warning | str, *place, **more) -> None:
        nonlocal is_told
        found = _WARNING.match(str(message))
        if not found:
            show_warning(message, *place, **more)
            return
        verb, program = found.groups()
        if verb == "read":
            for path in folder.glob(f"{glob.escape(program)}-*"):
                path.unlink(missing_ok=True)
        if not is_told:
            is_told = True
            echo(
                f"compiled programs in {folder} cannot be {verb}"
                f"{'' if verb == 'read' else 'ten'}; they are compiled again",
                err=True,
            )

    warnings.showwarning = show
