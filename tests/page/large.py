"""Writes a large organization into a copy of the demo's census, since its first snapshot: large.py CENSUS ACCOUNTS USERS MEMBERSHIPS."""

import random
import sqlite3
import sys

path, accounts, users, memberships = sys.argv[1], *map(int, sys.argv[2:])
dice = random.Random(7)
census = sqlite3.connect(path)
snapshot = 1
sets = [arn for (arn,) in census.execute("SELECT permission_set_arn FROM permission_sets_versions WHERE valid_to IS NULL")]
ous = census.execute("SELECT ou_id, entity_path FROM organizational_units_versions WHERE valid_to IS NULL").fetchall()
groups = max(10, users // 20)


def fill(table, columns, rows):
    marks = ", ".join("?" * (len(columns) + 1))
    census.executemany(f"INSERT INTO {table}_versions ({', '.join(columns)}, valid_from) VALUES ({marks})", ((*row, snapshot) for row in rows))


def account(number):
    ou, entity_path = dice.choice(ous)
    account_id = f"{900_000_000_000 + number}"
    return account_id, f"large-{number}", "ACTIVE", ou, f"{entity_path}/{account_id}", 0


fill("accounts", ["account_id", "name", "state", "parent_id", "entity_path", "is_management_account"], map(account, range(accounts)))
fill("users", ["user_id", "user_name", "display_name", "primary_email", "user_status"], (
    (f"large-{number:08}-f6a4f4e3-1005-4e53-9b26-91ad5505a664", f"person.{number}", f"Person {number}", f"person.{number}@example.com", "ENABLED") for number in range(users)))
fill("groups", ["group_id", "display_name"], ((f"large-{number:08}-1d53fdd4-b66d-496a-b249-4c650610e5b2", f"group-{number}") for number in range(groups)))
pairs = set()
while len(pairs) < memberships:
    pairs.add((dice.randrange(groups), dice.randrange(users)))
fill("group_memberships", ["group_id", "user_id"], (
    (f"large-{group:08}-1d53fdd4-b66d-496a-b249-4c650610e5b2", f"large-{user:08}-f6a4f4e3-1005-4e53-9b26-91ad5505a664") for group, user in sorted(pairs)))
assigned = {(dice.randrange(accounts), dice.choice(sets), dice.randrange(groups)) for _ in range(accounts * 8)}
fill("account_assignments", ["account_id", "permission_set_arn", "principal_type", "principal_id"], (
    (f"{900_000_000_000 + number}", arn, "GROUP", f"large-{group:08}-1d53fdd4-b66d-496a-b249-4c650610e5b2") for number, arn, group in sorted(assigned)))
census.commit()
