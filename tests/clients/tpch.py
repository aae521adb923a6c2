"""The demo's TPC-H rows, read from their Parquet files and added up here: figures that the gateway had no part in."""

import functools
from collections import defaultdict

import pyarrow.parquet as parquet


class Tpch:
    """The rows of the tables under a directory, money as exact decimals."""

    def __init__(self, directory):
        self._directory = directory

    @functools.cache
    def rows(self, table):
        """The rows of a table."""
        return parquet.read_table(self._directory / f"{table}.parquet").to_pylist()

    @functools.cache
    def lines(self):
        """Line items with their order, customer, part and the nations of customer and supplier."""
        orders = self._by_key("orders", "o_orderkey")
        customers = self._by_key("customer", "c_custkey")
        parts = self._by_key("part", "p_partkey")
        suppliers = self._by_key("supplier", "s_suppkey")
        nations = self._by_key("nation", "n_nationkey")
        found = []
        for line in self.rows("lineitem"):
            order = orders[line["l_orderkey"]]
            customer = customers[order["o_custkey"]]
            supplier = suppliers[line["l_suppkey"]]
            names = {
                "customer_nation": nations[customer["c_nationkey"]]["n_name"],
                "supplier_nation": nations[supplier["s_nationkey"]]["n_name"],
            }
            found.append(line | order | customer | parts[line["l_partkey"]] | supplier | names)
        return found

    def _by_key(self, table, key):
        return {row[key]: row for row in self.rows(table)}


def by(rows, keys, *measures):
    """One tuple per group, in the order of the keys: the keys, then each measure of the group's rows."""
    groups = defaultdict(list)
    for row in rows:
        groups[tuple(row[key] for key in keys)].append(row)
    return [(*key, *(measure(group) for measure in measures)) for key, group in sorted(groups.items())]


def count(rows):
    """How many."""
    return len(rows)


def quantity(rows):
    """The measure `quantity`."""
    return sum(row["l_quantity"] for row in rows)


def revenue(rows):
    """The measure `revenue`."""
    return sum(row["l_extendedprice"] for row in rows)


def discounted_revenue(rows):
    """The measure `discounted_revenue`."""
    return sum(row["l_extendedprice"] * (1 - row["l_discount"]) for row in rows)


def charge(rows):
    """The measure `charge`."""
    return sum(row["l_extendedprice"] * (1 - row["l_discount"]) * (1 + row["l_tax"]) for row in rows)


def customers(rows):
    """The measure `customers`."""
    return len({row["o_custkey"] for row in rows})


def late(row):
    """The segment `late`."""
    return row["l_receiptdate"] > row["l_commitdate"]
