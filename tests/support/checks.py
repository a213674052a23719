"""Makes checks and reports them, one line each. A check is a sentence, whether it holds, and what was seen."""


def report(cloakroom, *groups):
    """Makes the checks that each of the groups, functions of the server, yields. Returns the exit code."""
    passed = failed = 0
    for group in groups:
        try:
            for sentence, holds, seen in group(cloakroom):
                print("ok    " if holds else "FAILED", sentence, *([] if holds else [f"({seen})"]), flush=True)
                passed, failed = passed + bool(holds), failed + (not holds)
        except Exception as error:  # a check that could not even be made, and those after it in its group
            print("FAILED", f"{group.__name__}: {error!r}")
            failed += 1
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0
