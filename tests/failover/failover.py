"""Kills each part of a cluster in turn, under load, and checks each acknowledged write. Called by failover.sh."""

import json
import signal
import subprocess
import sys
import time

import cluster as clusters
import faults
from ledger import Ledger
from load import PASSWORD, Load, names
from prober import Prober
from processes import Failed, wait_for
from restore import restore
from watch import LIMIT, SLACK, Watch, summary

WANTED = 10_000
# The test ends after so many seconds, whatever happens.
LONGEST = 600
# All was answered for so many seconds before the next fault.
QUIET = 2.0


def main(arguments):
    chosen = [fault for fault in faults.ALL if not arguments or fault.__name__ in arguments]
    if arguments == ["--list"] or not chosen:
        print("\n".join(fault.__name__ for fault in faults.ALL))
        return 0
    began = time.monotonic()
    watch, ledger = Watch(), Ledger()
    print("==> Starting etcd, two PostgreSQL with Patroni, HAProxy and three Cloakrooms …", flush=True)
    with clusters.running() as cluster:
        create_users(cluster)
        wait_for("HAProxy to see a Cloakroom", lambda: cluster.is_ok(cluster.front, "/health/ready"))
        load = Load(cluster, watch, ledger)
        load.start()
        try:
            settle(cluster, watch)
            print("==> One fault after another, under load", flush=True)
            for number, fault in enumerate(chosen, 1):
                print(f"{number:2}/{len(chosen)}  {fault.__doc__} …", flush=True)
                print(f"       {seen_during(fault, cluster, watch)}", flush=True)
            write_enough(ledger, arguments)
        except (Failed, subprocess.SubprocessError) as failure:
            # What was acknowledged until then is checked all the same.
            watch.complain(str(failure))
        finally:
            load.stop()
        print("==> Checking each acknowledged write", flush=True)
        checked = check(cluster, ledger)
        print("==> Restoring a backup", flush=True)
        checked["wrong"] += restore(cluster, load.clients[0].client.token, lambda *where: rows(cluster, *where))
    return conclude(watch, ledger, checked, time.monotonic() - began)


def create_users(cluster):
    users, administrator = names()
    for name in users:
        cluster.command_line("user", "add", name, line=PASSWORD)
    cluster.command_line("user", "add", administrator, "--admin", line=PASSWORD)


def settle(cluster, watch):
    """Waits until all parts are there, and no request was refused for a while."""
    wait_for("the cluster to be whole", cluster.is_whole, 90)
    wait_for("no refusals", lambda: watch.is_quiet(QUIET), 60)


def seen_during(fault, cluster, watch):
    """Makes a fault, waits until everything is whole again, and returns what the clients saw."""
    reason = faults.why_not(fault)
    if reason:
        return f"SKIPPED: {reason}"
    watch.may_cut = faults.CUTS.get(fault, ())
    with Prober(cluster) as prober:
        start = time.monotonic()
        whole = fault(cluster)
        # Some effects need a moment.
        time.sleep(1)
        settle(cluster, watch)
    watch.may_cut = ()
    seen = summary(watch.since(start))
    if fault in faults.UNNOTICED and seen["503"]:
        watch.complain(f"{seen['503']} requests were refused, and none had to be")
    outage_ended, outage = prober.last_outage()
    whole = max(whole or start, outage_ended or start)
    late = max(0.0, seen["last"] - whole)
    if late > LIMIT + SLACK:
        watch.complain(f"requests were refused for {late:.1f} s after the part was whole again")
    return (
        f"refused: writes {seen['write']:.1f} s, reads {seen['read']:.1f} s; {seen['503']} answers 503, {seen['cut']}"
        f" connections cut; slowest answer {seen['slowest']:.1f} s\n"
        f"       the database took no writes for {outage:.1f} s; all was answered {late:.1f} s after the part was whole"
    )


def write_enough(ledger, arguments):
    """A slow machine needs longer for so many writes."""
    if not arguments:
        wait_for(f"{WANTED} acknowledged writes", lambda: ledger.acknowledged >= WANTED, 120)


def check(cluster, ledger):
    """Compares with what the database has, on the primary and on the standby."""
    wait_for("the cluster to be whole", cluster.is_whole, 60)
    read = [part for node in (cluster.primary(), cluster.standby()) for part in rows(cluster, "cloakroom", node)]
    prove_the_check(ledger, read[0], read[1])
    result = ledger.check(read[0], read[1])
    if read[:2] != read[2:]:
        result["wrong"].append("the standby has other rows than the primary")
    return result


def rows(cluster, database, node):
    """The items and the users of a database."""
    items = (
        "SELECT json_build_array(username, item_id, title, description, items.version, items.search_text) FROM items"
        " JOIN users ON users.id = owner_id ORDER BY item_id"
    )
    users = "SELECT json_build_array(username, disabled, version, item_count) FROM users ORDER BY username"
    return [
        [json.loads(line) for line in cluster.sql(["--command", query], 60, database, node).splitlines()]
        for query in (items, users)
    ]


def prove_the_check(ledger, rows, users):
    """The check has to notice an item that is missing, one that is there twice, and a change that is missing."""
    certain = [row for row in rows if len(ledger.items[row[2].split()[0]].possible) == 1]
    row = next((row for row in certain if not row[2].endswith(" v0")), certain[0])
    others = [other for other in rows if other is not row]
    older = [row[0], row[1], row[2].replace(" v", " v9"), row[3].replace(" v", " v9"), row[4] - 1, row[5] + row[2]]
    for what, false_rows in (("lost", others), ("lost", [*others, older]), ("twice", [*rows, row])):
        if ledger.check(false_rows, users)[what] != ledger.check(rows, users)[what] + 1:
            raise Failed(f"the check does not notice what is {what}")


def conclude(watch, ledger, checked, seconds):
    for text in checked["wrong"][:20]:
        print(f"    WRONG: {text}")
    requests = watch.since(0)
    refused = sum(outcome != "answered" for *_, outcome in requests)
    print(
        f"==> {len(requests)} requests in {seconds:.0f} s: {len(requests) - refused} answered, {refused} refused;"
        f" {len(watch.complaints)} wrong, late or unexpected.\n"
        f"    {ledger.in_doubt} writes in doubt, of which {checked['made']} were made.\n"
        f"==> {ledger.acknowledged} acknowledged writes checked, {checked['lost']} lost, {checked['twice']} done twice",
        flush=True,
    )
    failed = bool(watch.complaints or checked["wrong"])
    print("FAILED" if failed else "passed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    # A signal must run the `finally` blocks. They end the processes.
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    signal.alarm(LONGEST)
    try:
        sys.exit(main(sys.argv[1:]))
    except (Failed, subprocess.SubprocessError) as failure:
        sys.exit(f"FAILED: {failure}")
