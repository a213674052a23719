"""The load: clients that write, read and administer, each in a thread of its own, at a steady pace."""

import random
import threading
import time

from client import Client
from ledger import Item

PASSWORD = "correct horse battery staple"
WRITERS, READERS = 10, 4
# The pauses between the requests of one client, in seconds.
WRITER_PAUSE, READER_PAUSE, ADMIN_PAUSE = 0.05, 0.1, 0.25
ITEMS_OF_A_READER = 20


def names():
    """The users whom the load needs, and its administrator."""
    users = [f"writer-{number}" for number in range(WRITERS)] + [f"reader-{number}" for number in range(READERS)]
    return [*users, "victim"], "boss"


class Load:
    def __init__(self, cluster, watch, ledger):
        self.cluster, self.watch, self.ledger = cluster, watch, ledger
        self.stopping = threading.Event()
        self.clients = [Writer(self, f"writer-{number}") for number in range(WRITERS)]
        self.clients += [Reader(self, f"reader-{number}") for number in range(READERS)]
        self.clients.append(Administrator(self))
        self.threads = [threading.Thread(target=self.run, args=(client,), daemon=True) for client in self.clients]

    def start(self):
        for client in self.clients:
            client.prepare()
        for thread in self.threads:
            thread.start()

    def run(self, client):
        try:
            while not self.stopping.is_set():
                client.step()
                # Not all at the same moment.
                time.sleep(client.pause * random.uniform(0.5, 1.5))
        except Exception as error:
            self.watch.complain(f"{type(client).__name__} has ended: {error!r}")
            raise

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(30)
            if thread.is_alive():
                self.watch.complain("a client does not end")


class User:
    """A user who is logged in by HAProxy."""

    def __init__(self, load, name):
        self.name, self.watch, self.ledger = name, load.watch, load.ledger
        self.client = Client(load.cluster.front, load.watch)

    def prepare(self):
        assert self.client.log_in(self.name, PASSWORD), f"{self.name} cannot log in"

    def create(self, tag):
        """Creates an item. Returns it, unless that is in doubt."""
        title = f"{tag} v0"
        body = {"title": title, "description": f"of {title}"}
        answer = self.client.call("POST", "/items", body, kind="write", expect=(201,))
        if not answer:
            item = Item(tag, self.name, None, {None})
            self.ledger.add(item)
            self.ledger.doubt(item, (title, None))
            return None
        if (answer.body["title"], answer.body["owner"]) != (title, self.name):
            self.watch.complain(f"the item that was created is {answer.body}, and not {title} of {self.name}")
        item = Item(tag, self.name, answer.body["item_id"], {(title, answer.version)})
        self.ledger.add(item)
        self.ledger.acknowledge()
        return item

    def read_back(self, item):
        """Reads an item, which has to be as it was acknowledged, whichever Cloakroom answers."""
        (state,) = item.possible
        answer = self.client.call("GET", f"/items/{item.item_id}", expect=(200, 404))
        if answer:
            seen = (answer.body["title"], answer.version) if answer.status == 200 else None
            if seen != state:
                self.watch.complain(f"{item.tag} was read as {seen}, and is {state}")


class Writer(User):
    pause = WRITER_PAUSE

    def __init__(self, load, name):
        super().__init__(load, name)
        self.number = 0
        # The newest items, whose state is certain.
        self.items = []

    def step(self):
        item = random.choice(self.items) if len(self.items) > 5 else None
        chance = random.random()
        if item is None or chance < 0.4:
            self.number += 1
            created = self.create(f"{self.name}-{self.number}")
            if created:
                self.items = [*self.items[-49:], created]
        elif chance < 0.75:
            self.change(item)
        elif chance < 0.85:
            self.delete(item)
        else:
            self.read_back(item)

    def change(self, item):
        ((title, version),) = item.possible
        new = f"{item.tag} v{int(title.rpartition('v')[2]) + 1}"
        body = {"title": new, "description": f"of {new}"}
        path = f"/items/{item.item_id}"
        # With If-Match. So a change that is still under way for an older version cannot be made after this one.
        answer = self.client.call("PATCH", path, body, kind="write", if_match=version)
        if not answer:
            self.give_up(item, (new, version + 1))
            return
        if (answer.body["title"], answer.version) != (new, version + 1):
            self.watch.complain(f"{item.tag} became {answer.body['title']} {answer.version}, not {new} {version + 1}")
        item.possible = {(new, version + 1)}
        self.ledger.acknowledge()

    def delete(self, item):
        ((_, version),) = item.possible
        answer = self.client.call("DELETE", f"/items/{item.item_id}", kind="write", expect=(204,), if_match=version)
        if not answer:
            self.give_up(item, None)
            return
        item.possible = {None}
        self.ledger.acknowledge()
        self.items.remove(item)
        self.read_back(item)

    def give_up(self, item, other):
        """The item may have become `other`. Nothing more is done with it."""
        self.ledger.doubt(item, other)
        self.items.remove(item)


class Reader(User):
    pause = READER_PAUSE

    def prepare(self):
        super().prepare()
        self.items = [self.create(f"{self.name}-{number}") for number in range(ITEMS_OF_A_READER)]
        assert all(self.items), f"{self.name} cannot create items"
        self.titles = {next(iter(item.possible))[0] for item in self.items}

    def step(self):
        chance = random.random()
        if chance < 0.4:
            answer = self.client.call("GET", "/users/me")
            if answer and (answer.body["username"], answer.body["disabled"]) != (self.name, False):
                self.watch.complain(f"{self.name} was read as {answer.body}")
        elif chance < 0.7:
            self.read_back(random.choice(self.items))
        elif chance < 0.9:
            answer = self.client.call("GET", "/users/me/items?limit=100")
            if answer and {item["title"] for item in answer.body} != self.titles:
                self.watch.complain(f"the items of {self.name} were read as {answer.body}")
        elif chance < 0.95:
            other = Client(self.client.connection.port, self.watch, "no token")
            other.call("GET", "/users/me", expect=(401,))
            other.connection.close()
        else:
            self.client.log_in(self.name, PASSWORD)


class Administrator(User):
    """Disables a user and enables it again. After each change that is acknowledged, each Cloakroom has to know it with
    the next request."""

    pause = ADMIN_PAUSE

    def __init__(self, load):
        super().__init__(load, "boss")
        self.victim = User(load, "victim")
        self.direct = [(server, Client(server.port, load.watch, is_direct=True)) for server in load.cluster.servers]

    def prepare(self):
        super().prepare()
        self.victim.prepare()
        for _, client in self.direct:
            client.token = self.victim.client.token
        answer = self.client.call("GET", "/users/victim")
        assert answer, "the victim cannot be read"
        self.possible = {(answer.body["disabled"], answer.version)}
        self.ledger.accounts["victim"] = self.possible

    def step(self):
        answer = self.client.call("GET", "/users/victim")
        if not answer:
            return
        disabled, version = answer.body["disabled"], answer.version
        if (disabled, version) not in self.possible:
            self.watch.complain(f"victim was read as {(disabled, version)}, and is one of {self.possible}")
        wanted, was_certain = not disabled, len(self.possible) == 1
        # A change in doubt may be made between the two requests. Then the version is another one.
        expect = (200,) if was_certain else (200, 412)
        answer = self.client.call(
            "PATCH", "/users/victim", {"disabled": wanted}, kind="write", expect=expect, if_match=version
        )
        if not answer:
            self.possible = self.possible | {(disabled, version), (wanted, version + 1)}
            self.ledger.doubt()
        elif answer.status == 200:
            self.possible = {(wanted, version + 1)}
            self.ledger.acknowledge()
            self.check_everywhere(wanted)
        self.ledger.accounts["victim"] = self.possible

    def check_everywhere(self, disabled):
        for server, client in self.direct:
            answer = client.call("GET", "/users/me", expect=(200, 400))
            if answer and (answer.status == 400) != disabled:
                self.watch.complain(f"{server.name} does not know yet that victim is disabled: {disabled}")
