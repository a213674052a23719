"""Makes checks and prints one line for each. A check is a sentence, whether it is true, and the value that was seen."""


def report(cloakroom, *groups):
    """Calls each group with the server. A group is a function that yields checks. Returns the exit code."""
    passed = failed = 0
    for group in groups:
        try:
            for sentence, holds, seen in group(cloakroom):
                print("ok    " if holds else "FAILED", sentence, *([] if holds else [f"({seen})"]), flush=True)
                passed, failed = passed + bool(holds), failed + (not holds)
        except Exception as error:  # This check could not be made. The rest of its group is skipped.
            print("FAILED", f"{group.__name__}: {error!r}")
            failed += 1
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0
