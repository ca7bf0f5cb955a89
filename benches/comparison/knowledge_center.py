"""Lists every account assignment as CSV, by the pattern that AWS's Knowledge Center publishes.

It lists the sets provisioned to each account and the assignments of each set there, one call after another, with
boto3's default retries. It looks up no names, so it makes no more calls than this pattern needs for assignments.
"""

import csv
import sys

import boto3


def items(client, operation, key, **parameters):
    for page in client.get_paginator(operation).paginate(**parameters):
        yield from page.get(key, [])


def main():
    organizations = boto3.client("organizations")
    sso_admin = boto3.client("sso-admin")
    instance = {"InstanceArn": sso_admin.list_instances()["Instances"][0]["InstanceArn"]}
    rows = csv.writer(sys.stdout)
    rows.writerow(["account_id", "permission_set_arn", "principal_type", "principal_id"])
    for account in items(organizations, "list_accounts", "Accounts"):
        place = {**instance, "AccountId": account["Id"]}
        for arn in items(sso_admin, "list_permission_sets_provisioned_to_account", "PermissionSets", **place):
            pair = {**place, "PermissionSetArn": arn}
            for found in items(sso_admin, "list_account_assignments", "AccountAssignments", **pair):
                rows.writerow([account["Id"], arn, found["PrincipalType"], found["PrincipalId"]])


if __name__ == "__main__":
    main()
