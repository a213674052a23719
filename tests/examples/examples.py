"""Runs the examples in docs/api.md. Each must print the output that is below it. Called by examples.sh.

An example is a block of code with a block of output after it. CLOAKROOM_EXAMPLE is the path of the compiled
examples/client.rs. Without it, the Rust example is not run; its text is only compared with that file.
"""

import os
import pathlib
import re
import shlex
import sys

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(REPO / "tests/support"))
from checks import report  # noqa: E402
from cloakroom import BIN, Cloakroom  # noqa: E402
from commands import run  # noqa: E402

DOCUMENT = (REPO / "docs/api.md").read_text()
# The address of the server in the document.
URL = "http://127.0.0.1:3000"
RUST = REPO / "examples/client.rs"
LANGUAGES = ("sh", "python", "javascript", "rust")
OUTPUT = ("json", "text")
# What the names of settings in the environment begin with.
SETTINGS = ("CLOAKROOM_", "LEPTOS_")
# curl prints its progress when its output is not a terminal. A reader at a terminal does not see that.
SHELL = 'curl() { command curl --silent --show-error "$@"; }\n'


def blocks(language):
    """Returns name, code and expected output of each block in this language. Without an output block, that is None."""
    fences = list(re.finditer(r"^```(.*)\n((?:.*\n)*?)```$", DOCUMENT, re.MULTILINE))
    found = []
    for fence, after in zip(fences, [*fences[1:], None]):
        if fence[1] == language:
            line = DOCUMENT.count("\n", 0, fence.start()) + 1
            has_output = after and after[1] in OUTPUT and after.start() == fence.end() + 2
            found.append((f"line {line}, {language}", fence[2], after[2] if has_output else None))
        elif fence[1] not in (*LANGUAGES, *OUTPUT, "toml"):
            raise LookupError(f"no check runs blocks in {fence[1]!r}")
    if not found:
        raise LookupError(f"there is no block in {language}")
    return found


def example(cloakroom, name, expected, code, printed):
    """Returns the check that a command printed the expected lines. In a line, … stands for any text."""
    if expected is None:
        return f"{name}: has a block of output below it", False, "none"
    pattern = re.escape(expected.replace(URL, cloakroom.url).strip()).replace("…", ".*")
    same = re.fullmatch(pattern, printed.replace("\r\n", "\n").strip())
    return f"{name}: prints the output below it", code == 0 and same, f"exit code {code}, output:\n{printed}"


def shell(cloakroom):
    # All blocks run in one shell, because later blocks use the variables of earlier ones.
    found = blocks("sh")
    # The program, with the settings of the server and no others.
    environment = cloakroom.environment.items()
    settings = [f"{name}={value}" for name, value in environment if name.startswith(SETTINGS)]
    program = f'cloakroom() {{ {shlex.join(["env", "-i", *settings, str(BIN)])} "$@"; }}\n'
    script = SHELL + program + "".join(f"{code}printf '\\036%s\\036' $?\n" for _, code, _ in found)
    _, printed = run(["bash", "-c", script.replace(URL, cloakroom.url)], cloakroom.folder)
    # The padding is for blocks that were not reached.
    parts = iter(printed.split("\036") + ["1", ""] * len(found))
    for (name, _, expected), output, code in zip(found, parts, parts):
        yield example(cloakroom, name, expected, int(code), output)


def program(cloakroom, language, file, *command):
    for name, code, expected in blocks(language):
        pathlib.Path(cloakroom.folder, file).write_text(code.replace(URL, cloakroom.url))
        yield example(cloakroom, name, expected, *run([*command, file], cloakroom.folder))


def python(cloakroom):
    return program(cloakroom, "python", "client.py", sys.executable, "-B")


def javascript(cloakroom):
    return program(cloakroom, "javascript", "client.mjs", "node")


def rust(cloakroom):
    for name, code, expected in blocks("rust"):
        yield f"{name}: is {RUST.relative_to(REPO)}", code == RUST.read_text(), "they differ"
        if "CLOAKROOM_EXAMPLE" in os.environ:
            compiled = os.path.abspath(os.environ["CLOAKROOM_EXAMPLE"])
            yield example(cloakroom, name, expected, *run([compiled, cloakroom.url], cloakroom.folder))


if __name__ == "__main__":
    with Cloakroom.serving() as server:
        # The administrator in the document.
        if not server.run("user", "add", "grace", "--admin", line="winter coat upstairs"):
            sys.exit("The administrator could not be created.")
        # node and npx look for packages here.
        pathlib.Path(server.folder, "node_modules").symlink_to(REPO / "end2end/node_modules")
        sys.exit(report(server, shell, python, javascript, rust))
