"""What was acknowledged, and whether the database has it.

A change is acknowledged by a 2xx. After a 503 or a cut connection it is in doubt: it may have been made, or not, or may
be made a moment later. Then the client leaves the item alone, and either is right at the end."""

import threading


class Item:
    """An item that a client has created or tried to. `possible` is a set of what it may be: None if it is not there, or
    a title and a version. A version of None is any: the answer with it did not arrive."""

    def __init__(self, tag, owner, item_id, possible):
        self.tag, self.owner, self.item_id, self.possible = tag, owner, item_id, possible
        # What a change in doubt would make of it.
        self.wanted = "nothing"


class Ledger:
    def __init__(self):
        self.lock = threading.Lock()
        self.items = {}
        # A user's `disabled` and version: what they may be.
        self.accounts = {}
        self.acknowledged = 0
        self.in_doubt = 0

    def add(self, item):
        with self.lock:
            self.items[item.tag] = item

    def acknowledge(self):
        with self.lock:
            self.acknowledged += 1

    def doubt(self, item=None, wanted=None):
        """A change is in doubt: the item may have become `wanted`."""
        with self.lock:
            self.in_doubt += 1
        if item:
            item.possible, item.wanted = item.possible | {wanted}, wanted

    def check(self, rows, users):
        """Compares with the database. `rows` are (owner, item_id, title, description, version, search_text), and
        `users` are (username, disabled, version, item_count). Returns counts and complaints."""
        result = {"lost": 0, "twice": 0, "wrong": [], "made": 0}
        by_tag, by_owner = {}, {}
        for row in rows:
            by_tag.setdefault(row[2].split()[0], []).append(row)
            by_owner[row[0]] = by_owner.get(row[0], 0) + 1
        for tag, found in by_tag.items():
            if tag not in self.items:
                result["wrong"].append(f"nobody created {found[0][:5]}")
            if len(found) > 1:
                result["twice"] += len(found) - 1
                result["wrong"].append(f"{tag} exists {len(found)} times")
        for item in self.items.values():
            self.check_item(item, by_tag.get(item.tag, [None])[0], result)
        for username, disabled, version, item_count in users:
            if item_count != by_owner.get(username, 0):
                result["wrong"].append(f"{username} has {by_owner.get(username, 0)} items, and the count {item_count}")
            possible = self.accounts.get(username)
            if possible and (disabled, version) not in possible:
                result["lost"] += 1
                result["wrong"].append(f"{username} is {(disabled, version)}, and not one of {possible}")
        return result

    def check_item(self, item, row, result):
        if row is None:
            result["made"] += item.wanted is None
            if None not in item.possible:
                result["lost"] += 1
                result["wrong"].append(f"{item.tag} is missing: it should be {item.possible}")
            return
        owner, item_id, title, description, version, search_text = row
        if (title, version) not in item.possible and (title, None) not in item.possible:
            # A higher version: a change was made twice. Anything else was lost: a change, or a deletion.
            versions = [state[1] for state in item.possible if state]
            kind = "twice" if versions and None not in versions and version > max(versions) else "lost"
            result[kind] += 1
            result["wrong"].append(f"{item.tag} is {(title, version)}, and not one of {item.possible}")
        result["made"] += item.wanted in ((title, version), (title, None))
        if owner != item.owner or (item.item_id and item.item_id != item_id):
            result["wrong"].append(f"{item.tag} is {item_id} of {owner}, and not {item.item_id} of {item.owner}")
        # What a change writes in several places: a half of it would be seen here.
        if description != f"of {title}" or title.lower() not in search_text.lower():
            result["wrong"].append(f"{item.tag} is half changed: {row}")
